/* A rank of `muster bench collectives`, over MPI: the same commands as CollectiveRank.java,
   read from the file FOLDER/RANK. float32 throughout. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int rank, size;
static float *input, *output;

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void call(const char *kind, int n) {
  int part = n / size;
  MPI_Comm all = MPI_COMM_WORLD;
  if (!strcmp(kind, "allReduce")) MPI_Allreduce(MPI_IN_PLACE, input, n, MPI_FLOAT, MPI_SUM, all);
  else if (!strcmp(kind, "allGather")) MPI_Allgather(input, part, MPI_FLOAT, output, part, MPI_FLOAT, all);
  else if (!strcmp(kind, "reduceScatter")) MPI_Reduce_scatter_block(input, output, part, MPI_FLOAT, MPI_SUM, all);
  else if (!strcmp(kind, "broadcast")) MPI_Bcast(input, n, MPI_FLOAT, 0, all);
  else MPI_Alltoall(input, part, MPI_FLOAT, output, part, MPI_FLOAT, all);
}

/* What element i of the result must be when rank r gave r + 1 everywhere. */
static float expected(const char *kind, int i, int n) {
  if (!strcmp(kind, "broadcast")) return 1;
  if (!strcmp(kind, "allGather") || !strcmp(kind, "allToAll")) return i / (n / size) + 1;
  return size * (size + 1) / 2.0f;
}

static void check(const char *kind, int n) {
  int inPlace = !strcmp(kind, "allReduce") || !strcmp(kind, "broadcast");
  for (int i = 0; i < n; i++) input[i] = rank + 1, output[i] = -1;
  call(kind, n);
  int got = strcmp(kind, "reduceScatter") ? n : n / size;
  for (int i = 0; i < got; i++) {
    float is = (inPlace ? input : output)[i];
    if (is != expected(kind, i, n)) {
      fprintf(stderr, "wrong result: kind=%s rank=%d element=%d expected=%f is=%f\n", kind, rank, i, expected(kind, i, n), is);
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
  }
  for (int i = 0; i < n; i++) input[i] = 0; /* sums of it stay what they are */
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t most = strtoull(argv[2], NULL, 10);
  input = aligned_alloc(64, most);
  output = aligned_alloc(64, most);
  char path[4096];
  snprintf(path, sizeof path, "%s/%d", argv[1], rank);
  FILE *commands = fopen(path, "r");
  char verb[32], kind[32];
  long bytes, calls;
  while (commands && fscanf(commands, "%31s %31s %ld %ld", verb, kind, &bytes, &calls) == 4) {
    int n = bytes / sizeof(float);
    double start = 0, cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    if (!strcmp(verb, "check")) {
      check(kind, n);
    } else if (!strcmp(verb, "late")) { /* the last rank is late by so many milliseconds */
      if (rank == size - 1) usleep(1000 * calls);
      call(kind, n);
    } else if (!strcmp(verb, "time")) {
      MPI_Barrier(MPI_COMM_WORLD);
      start = now(CLOCK_MONOTONIC);
      cpu = now(CLOCK_PROCESS_CPUTIME_ID);
      for (long i = 0; i < calls; i++) call(kind, n);
      start = now(CLOCK_MONOTONIC) - start;
    } else {
      break;
    }
    printf("ok %.0f %.0f\n", start, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    fflush(stdout);
  }
  MPI_Finalize();
  return 0;
}
