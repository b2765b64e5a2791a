/*
 * Stands for libcuda, libcudart and libnccl in tests: devices whose memory is that of the process,
 * streams that are threads, and NCCL communicators whose ranks are threads of one process. It keeps
 * the rules that callers must keep (nothing blocks, work is asynchronous, an aborted communicator is
 * dead) and counts who breaks them. It is no GPU: it says nothing about speed or about kernels.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 4, INVALID_USAGE = 5, IN_PROGRESS = 7, NOT_READY = 600 };
enum { MAX_RANKS = 64, ID_BYTES = 128 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of everything below */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* ---- what tests set and read ---- */
static int version = 22903, misuses, most_aborts_in_a_group, live_comms, live_streams;
static int fail_rank = -1, fail_code, devices = 8;
int fakeDevices(int count) { return devices = count; }
int fakeVersion(int v) { return version = v; }
int fakeFail(int rank, int code) { fail_rank = rank; return fail_code = code; }
int fakeMisuses(void) { return misuses; }
int fakeMostAbortsInAGroup(void) { return most_aborts_in_a_group; }
int fakeLiveComms(void) { return live_comms; }
int fakeLiveStreams(void) { return live_streams; }

/* Says where: the test that finds the count may be a later one. */
#define MISUSE (misuses++, fprintf(stderr, "misuse: %s, line %d\n", __func__, __LINE__))

/* ---- CUDA ---- */
typedef struct task { struct task *next; void (*run)(void *); void *with; } task;
typedef struct stream { struct stream *next; task *first, **last; long submitted, done; int ending; } stream;
static stream *streams;
typedef struct { stream *of; long at; } event;
typedef struct { int type, device; void *on_device, *on_host; } attributes;
typedef struct block { struct block *next; char *from; size_t bytes; } block;
static block *blocks;

static void *work(void *argument) {
  stream *s = argument;
  pthread_mutex_lock(&lock);
  for (;;) {
    while (!s->first && !s->ending) pthread_cond_wait(&changed, &lock);
    if (!s->first) break;
    task *t = s->first;
    pthread_mutex_unlock(&lock);
    t->run(t->with);
    pthread_mutex_lock(&lock);
    if (!(s->first = t->next)) s->last = &s->first;
    free(t);
    s->done++;
    pthread_cond_broadcast(&changed);
  }
  live_streams--;
  pthread_mutex_unlock(&lock);
  return NULL; /* the stream itself stays: events may ask for it */
}

static void submit(stream *s, void (*run)(void *), void *with) {
  task *t = malloc(sizeof *t);
  *t = (task){NULL, run, with};
  pthread_mutex_lock(&lock);
  *s->last = t;
  s->last = &t->next;
  s->submitted++;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

int cudaGetDeviceCount(int *count) { *count = devices; return devices ? SUCCESS : 100; }
int cudaSetDevice(int device) { return device >= 0 && device < devices ? SUCCESS : 101; }
const char *cudaGetErrorString(int code) { return code ? "a fake CUDA error" : "no error"; }
int cudaGetLastError(void) { return SUCCESS; }

int cudaStreamCreateWithFlags(stream **out, unsigned flags) {
  (void)flags;
  stream *s = calloc(1, sizeof *s);
  s->last = &s->first;
  pthread_t thread;
  pthread_mutex_lock(&lock);
  live_streams++;
  s->next = streams;
  streams = s;
  pthread_mutex_unlock(&lock);
  pthread_create(&thread, NULL, work, s);
  pthread_detach(thread);
  *out = s;
  return SUCCESS;
}

int cudaStreamSynchronize(stream *s) {
  pthread_mutex_lock(&lock);
  for (long last = s->submitted; s->done < last;) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int cudaDeviceSynchronize(void) { /* of all devices: they are those of one process */
  pthread_mutex_lock(&lock);
  for (stream *s = streams; s; s = s->next)
    while (s->done < s->submitted) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int cudaStreamDestroy(stream *s) {
  pthread_mutex_lock(&lock);
  s->ending = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int cudaEventCreateWithFlags(event **out, unsigned flags) {
  (void)flags;
  *out = calloc(1, sizeof(event));
  return SUCCESS;
}

int cudaEventRecord(event *e, stream *s) {
  pthread_mutex_lock(&lock);
  *e = (event){s, s ? s->submitted : 0}; /* nothing is ever given to the default stream */
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int cudaEventQuery(event *e) {
  pthread_mutex_lock(&lock);
  int reached = !e->of || e->of->done >= e->at;
  pthread_mutex_unlock(&lock);
  return reached ? SUCCESS : NOT_READY;
}

static void wait_event(void *with) {
  event *e = with;
  pthread_mutex_lock(&lock);
  while (e->of && e->of->done < e->at) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  free(e);
}

int cudaStreamWaitEvent(stream *s, event *e, unsigned flags) {
  (void)flags;
  event *own = malloc(sizeof *own);
  *own = *e;
  submit(s, wait_event, own);
  return SUCCESS;
}

int cudaEventDestroy(event *e) { free(e); return SUCCESS; }

int cudaMalloc(void **out, size_t bytes) {
  block *b = malloc(sizeof *b);
  pthread_mutex_lock(&lock);
  *b = (block){blocks, aligned_alloc(256, (bytes + 255) / 256 * 256), bytes};
  blocks = b;
  pthread_mutex_unlock(&lock);
  *out = b->from;
  return SUCCESS;
}

int cudaFree(void *memory) {
  pthread_mutex_lock(&lock);
  for (block **b = &blocks; *b; b = &(*b)->next) {
    if ((*b)->from == memory) {
      block *gone = *b;
      *b = gone->next;
      free(gone->from);
      free(gone);
      break;
    }
  }
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int cudaPointerGetAttributes(attributes *out, const char *memory) {
  memset(out, 0, sizeof *out);
  pthread_mutex_lock(&lock);
  for (block *b = blocks; b; b = b->next) {
    if (memory >= b->from && memory <= b->from + b->bytes) out->type = 2;
  }
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int cudaMemset(void *memory, int value, size_t bytes) { memset(memory, value, bytes); return SUCCESS; }

typedef struct { void *memory; int value; size_t bytes; } fill;
static void run_fill(void *with) {
  fill *f = with;
  memset(f->memory, f->value, f->bytes);
  free(f);
}
int cudaMemsetAsync(void *memory, int value, size_t bytes, stream *s) {
  fill *f = malloc(sizeof *f);
  *f = (fill){memory, value, bytes};
  submit(s, run_fill, f);
  return SUCCESS;
}

typedef struct { void *to; const void *from; size_t bytes; } copy;
static void run_copy(void *with) {
  copy *c = with;
  memcpy(c->to, c->from, c->bytes);
  free(c);
}
int cudaMemcpyAsync(void *to, const void *from, size_t bytes, int kind, stream *s) {
  (void)kind;
  copy *c = malloc(sizeof *c);
  *c = (copy){to, from, bytes};
  submit(s, run_copy, c);
  return SUCCESS;
}

/* ---- NCCL ---- */
typedef struct { const char *in; char *out; size_t count; int kind, dtype, op, root; } call;
typedef struct { const char *from; size_t bytes; int full; } letter;
typedef struct world {
  struct world *next;
  char id[ID_BYTES];
  int size, joined, arrived, children, readers;
  long phase;
  const call *calls[MAX_RANKS];
  letter letters[MAX_RANKS][MAX_RANKS];
  struct { int in, color, key; void **place; } wishes[MAX_RANKS];
} world;
typedef struct comm { world *in; int rank, aborted, splitting, busy; } comm;
typedef struct { size_t size; unsigned magic, version; int blocking; } config;
enum { ALL_REDUCE, REDUCE, REDUCE_SCATTER, ALL_GATHER, BROADCAST, SEND, RECEIVE };
typedef struct bundle { comm *of; stream *on; call calls[4 * MAX_RANKS]; int count; } bundle;

static world *worlds;
static __thread int depth, aborts;
static __thread bundle *collected[16];
static __thread int collected_count;

int ncclGetVersion(int *out) { *out = version; return SUCCESS; }
const char *ncclGetErrorString(int code) { return code ? "a fake NCCL error" : "no error"; }
const char *ncclGetLastError(comm *c) { (void)c; return "told by the fake"; }

int ncclGetUniqueId(char *id) {
  static long next;
  memset(id, 0, ID_BYTES);
  pthread_mutex_lock(&lock);
  snprintf(id, ID_BYTES, "fake-%ld", ++next);
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

static comm *member(world *w, int rank) {
  comm *c = calloc(1, sizeof *c);
  *c = (comm){.in = w, .rank = rank};
  w->joined++;
  live_comms++;
  return c;
}

static world *found(const char *id, int size) {
  for (world *w = worlds; w; w = w->next)
    if (!memcmp(w->id, id, ID_BYTES)) return w;
  world *w = calloc(1, sizeof *w);
  memcpy(w->id, id, ID_BYTES);
  w->size = size;
  w->next = worlds;
  return worlds = w;
}

typedef struct { char bytes[ID_BYTES]; } unique_id;
int ncclCommInitRankConfig(comm **out, int size, unique_id id, int rank, config *with) {
  if (with->magic != 0xcafebeef || with->blocking != 0 || with->size < sizeof(config)) {
    MISUSE;
    return INVALID_ARGUMENT;
  }
  pthread_mutex_lock(&lock);
  *out = member(found(id.bytes, size), rank);
  pthread_mutex_unlock(&lock);
  return IN_PROGRESS;
}

int ncclCommGetAsyncError(comm *c, int *error) {
  pthread_mutex_lock(&lock);
  if (c->aborted == 2) MISUSE;
  *error = c->in->joined < c->in->size || c->splitting ? IN_PROGRESS
      : c->rank == fail_rank ? fail_code : SUCCESS;
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

/* Returns whether all have come; not if the communicator is aborted meanwhile. With the lock held. */
static int meet(comm *c) {
  world *w = c->in;
  long phase = w->phase;
  if (++w->arrived == w->size) {
    w->arrived = 0;
    w->phase++;
    pthread_cond_broadcast(&changed);
  }
  while (w->phase == phase && !c->aborted) pthread_cond_wait(&changed, &lock);
  if (w->phase == phase) w->arrived--; /* it went, and counts no more */
  return w->phase != phase;
}

static float half(uint16_t v) { _Float16 h; memcpy(&h, &v, 2); return h; }
static float brain(uint16_t v) { uint32_t b = (uint32_t)v << 16; float f; memcpy(&f, &b, 4); return f; }
static const int widths[] = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2};

static double get(const char *m, int dtype, size_t i) {
  switch (dtype) {
  case 1: return ((const uint8_t *)m)[i];
  case 2: return ((const int32_t *)m)[i];
  case 4: return ((const int64_t *)m)[i];
  case 6: return half(((const uint16_t *)m)[i]);
  case 7: return ((const float *)m)[i];
  case 8: return ((const double *)m)[i];
  default: return brain(((const uint16_t *)m)[i]);
  }
}

static void put(char *m, int dtype, size_t i, double v) {
  float f = v;
  uint32_t bits;
  _Float16 h = v;
  switch (dtype) {
  case 1: ((uint8_t *)m)[i] = v; break;
  case 2: ((int32_t *)m)[i] = v; break;
  case 4: ((int64_t *)m)[i] = v; break;
  case 6: memcpy(m + 2 * i, &h, 2); break;
  case 7: ((float *)m)[i] = f; break;
  case 8: ((double *)m)[i] = v; break;
  default: memcpy(&bits, &f, 4); ((uint16_t *)m)[i] = bits >> 16;
  }
}

static double reduced(world *w, int dtype, int op, size_t i) {
  double v = get(w->calls[0]->in, dtype, i);
  for (int r = 1; r < w->size; r++) {
    double x = get(w->calls[r]->in, dtype, i);
    v = op == 1 ? v * x : op == 2 ? (x > v ? x : v) : op == 3 ? (x < v ? x : v) : v + x;
  }
  return op == 4 ? v / w->size : v;
}

/* Into memory of its own first: outputs may be inputs of others. */
static void collective(comm *c, call *k) {
  world *w = c->in;
  pthread_mutex_lock(&lock);
  w->calls[c->rank] = k;
  if (w->arrived + 1 == w->size) w->readers = w->size; /* the last one to come */
  int alive = meet(c);
  pthread_mutex_unlock(&lock);
  if (!alive) return;
  size_t width = widths[k->dtype], from = k->kind == REDUCE_SCATTER ? c->rank * k->count : 0;
  size_t bytes = (k->kind == ALL_GATHER ? w->size : 1) * k->count * width;
  char *result = malloc(bytes + 1);
  int wanted = k->kind != REDUCE || c->rank == k->root;
  if (k->kind == ALL_GATHER)
    for (int r = 0; r < w->size; r++)
      memcpy(result + r * k->count * width, w->calls[r]->in, k->count * width);
  else if (k->kind == BROADCAST)
    memcpy(result, w->calls[k->root]->in, bytes);
  else if (wanted)
    for (size_t i = 0; i < k->count; i++)
      put(result, k->dtype, i, reduced(w, k->dtype, k->op, from + i));
  pthread_mutex_lock(&lock);
  w->readers--;
  pthread_cond_broadcast(&changed);
  alive = meet(c);
  while (w->readers) pthread_cond_wait(&changed, &lock); /* also one that is aborted: its call and memory are read */
  pthread_mutex_unlock(&lock);
  if (alive && wanted) memcpy(k->out, result, bytes);
  pthread_mutex_lock(&lock);
  meet(c);
  pthread_mutex_unlock(&lock);
  free(result);
}

static void letters(comm *c, bundle *b) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < b->count; i++) {
    call *k = &b->calls[i];
    if (k->kind != SEND) continue;
    letter *l = &c->in->letters[c->rank][k->root];
    while (l->full && !c->aborted) pthread_cond_wait(&changed, &lock);
    *l = (letter){k->in, k->count, 1};
    pthread_cond_broadcast(&changed);
  }
  for (int i = 0; i < b->count; i++) {
    call *k = &b->calls[i];
    if (k->kind != RECEIVE) continue;
    letter *l = &c->in->letters[k->root][c->rank];
    while (!l->full && !c->aborted) pthread_cond_wait(&changed, &lock);
    if (c->aborted) break;
    if (l->bytes != k->count) MISUSE;
    memmove(k->out, l->from, l->bytes < k->count ? l->bytes : k->count);
    l->full = 0;
    pthread_cond_broadcast(&changed);
  }
  for (int i = 0; i < b->count; i++)
    if (b->calls[i].kind == SEND)
    {
      letter *l = &c->in->letters[c->rank][b->calls[i].root];
      while (l->full && !c->aborted) pthread_cond_wait(&changed, &lock);
      l->full = 0; /* what was aborted must not be read any more */
    }
  pthread_mutex_unlock(&lock);
}

static void run_bundle(void *with) {
  bundle *b = with;
  comm *c = b->of;
  for (int i = 0; i < b->count && !c->aborted; i++)
    if (b->calls[i].kind < SEND) collective(c, &b->calls[i]);
  letters(c, b);
  pthread_mutex_lock(&lock);
  c->busy--;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  free(b);
}

static void start(bundle *b) {
  pthread_mutex_lock(&lock);
  b->of->busy++;
  pthread_mutex_unlock(&lock);
  submit(b->on, run_bundle, b);
}

static bundle *collecting(comm *c, stream *s) {
  for (int i = 0; i < collected_count; i++)
    if (collected[i]->of == c && collected[i]->on == s) return collected[i];
  bundle *b = calloc(1, sizeof *b);
  b->of = c;
  b->on = s;
  if (depth) collected[collected_count++] = b;
  return b;
}

static int add(comm *c, stream *s, call k) {
  if (c->aborted || c->in->joined < c->in->size) {
    MISUSE;
    return INVALID_USAGE;
  }
  bundle *b = collecting(c, s);
  b->calls[b->count++] = k;
  if (!depth) start(b);
  return SUCCESS;
}

int ncclGroupStart(void) {
  if (!depth++) aborts = 0;
  return SUCCESS;
}

int ncclGroupEnd(void) {
  if (--depth) return SUCCESS;
  for (int i = 0; i < collected_count; i++) start(collected[i]);
  collected_count = 0;
  if (aborts > most_aborts_in_a_group) most_aborts_in_a_group = aborts;
  return SUCCESS;
}

int ncclAllReduce(const void *in, void *out, size_t n, int t, int op, comm *c, stream *s) {
  return add(c, s, (call){in, out, n, ALL_REDUCE, t, op, 0});
}
int ncclReduce(const void *in, void *out, size_t n, int t, int op, int root, comm *c, stream *s) {
  return add(c, s, (call){in, out, n, REDUCE, t, op, root});
}
int ncclReduceScatter(const void *in, void *out, size_t n, int t, int op, comm *c, stream *s) {
  return add(c, s, (call){in, out, n, REDUCE_SCATTER, t, op, 0});
}
int ncclAllGather(const void *in, void *out, size_t n, int t, comm *c, stream *s) {
  return add(c, s, (call){in, out, n, ALL_GATHER, t, 0, 0});
}
int ncclBroadcast(const void *in, void *out, size_t n, int t, int root, comm *c, stream *s) {
  return add(c, s, (call){in, out, n, BROADCAST, t, 0, root});
}
int ncclSend(const void *in, size_t n, int t, int peer, comm *c, stream *s) {
  return add(c, s, (call){in, NULL, n * widths[t], SEND, t, 0, peer});
}
int ncclRecv(void *out, size_t n, int t, int peer, comm *c, stream *s) {
  return add(c, s, (call){NULL, out, n * widths[t], RECEIVE, t, 0, peer});
}

static int rank_in(world *w, int rank) {
  int before = 0;
  for (int r = 0; r < w->size; r++)
    before += w->wishes[r].in && w->wishes[r].color == w->wishes[rank].color
        && (w->wishes[r].key < w->wishes[rank].key
            || (w->wishes[r].key == w->wishes[rank].key && r < rank));
  return before;
}

/* The last of the expected ones makes the children of all. */
static int wish(comm *c, int expected, int color, int key, void **place, comm **all) {
  pthread_mutex_lock(&lock);
  world *w = c->in;
  w->wishes[c->rank].in = 1;
  w->wishes[c->rank].color = color;
  w->wishes[c->rank].key = key;
  w->wishes[c->rank].place = place;
  c->splitting = 1;
  all[c->rank] = c;
  int in = 0;
  for (int r = 0; r < w->size; r++) in += w->wishes[r].in;
  if (in == expected) {
    w->children++;
    for (int r = 0; r < w->size; r++) {
      if (!w->wishes[r].in) continue;
      all[r]->splitting = 0;
      if (w->wishes[r].color < 0) continue;
      char id[ID_BYTES] = {0};
      snprintf(id, ID_BYTES, "%.60s/%d/%d", w->id, w->children, w->wishes[r].color);
      int size = 0;
      for (int o = 0; o < w->size; o++) size += w->wishes[o].in && w->wishes[o].color == w->wishes[r].color;
      *w->wishes[r].place = member(found(id, size), rank_in(w, r));
    }
    memset(w->wishes, 0, sizeof w->wishes);
  }
  pthread_mutex_unlock(&lock);
  return IN_PROGRESS;
}

static comm *wishers[MAX_RANKS]; /* tests split one group at a time */
int ncclCommSplit(comm *c, int color, int key, void **place, config *with) {
  (void)with;
  return wish(c, c->in->size, color, key, place, wishers);
}
int ncclCommShrink(comm *c, int *lost, int count, void **place, config *with, int flags) {
  (void)with;
  for (int i = 0; i < count; i++)
    if (lost[i] == c->rank) MISUSE;
  if (flags != 1) MISUSE;
  pthread_mutex_lock(&lock);
  c->aborted = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
  return wish(c, c->in->size - count, 0, c->rank, place, wishers);
}

static int leave(comm *c) {
  pthread_mutex_lock(&lock);
  if (c->aborted == 2) MISUSE;
  c->aborted = 1;
  pthread_cond_broadcast(&changed);
  while (c->busy) pthread_cond_wait(&changed, &lock);
  c->aborted = 2; /* kept, so that a use after this is seen */
  live_comms--;
  pthread_mutex_unlock(&lock);
  return SUCCESS;
}

int ncclCommFinalize(comm *c) { return c->aborted ? INVALID_USAGE : IN_PROGRESS; }
int ncclCommDestroy(comm *c) {
  if (c->busy) MISUSE;
  return leave(c);
}
int ncclCommAbort(comm *c) {
  if (depth) aborts++;
  return leave(c);
}
