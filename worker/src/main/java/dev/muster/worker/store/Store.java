package dev.muster.worker.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The store of one generation: what each query does, as c10d's own server does it. Differences, all
 * of them where that one fails: a key that is not there reads as empty instead of ending a
 * connection, a wait for a queue that holds something is over at once, and a connection waits for
 * one thing at a time, so that no late answer is taken for the next one. Pure. One thread.
 */
final class Store {
  private static final byte[] NOTHING = {};
  private static final byte[] READY = {0};
  private static final byte[] NOT_READY = {1};
  private static final byte[] STOP_WAITING = {0};
  private static final byte[] WAIT_CANCELED = {1};

  private final Limits limits;
  private final Memory memory;
  private final Outbox out;
  private final KeyValues values;
  private final Waits waits;
  private final Watches watches;
  private final Attendance attendance;

  Store(Limits limits, int worldSize, Memory memory, Outbox out) {
    this.limits = limits;
    this.memory = memory;
    this.out = out;
    this.values = new KeyValues(limits, memory);
    this.waits = new Waits(memory);
    this.watches = new Watches(memory);
    this.attendance = new Attendance(worldSize);
  }

  /**
   * Obeys one query.
   *
   * @throws BadQueryException it cannot be obeyed; the connection must be closed
   */
  void on(long connection, Query query) throws BadQueryException {
    waits.remove(connection); // who asks for something else has given up waiting
    switch (query.kind()) {
      case VALIDATE -> validate(query);
      case PING -> out.send(connection, int32((int) query.number()));
      case SET -> set(query.key(), query.value());
      case MULTI_SET -> multiSet(query);
      case COMPARE_SET -> compareSet(connection, query);
      case ADD -> out.send(connection, int64(add(query.key(), query.number())));
      case APPEND -> append(query.key(), query.value());
      case GET -> sendValue(connection, read(query.key()));
      case MULTI_GET -> multiGet(connection, query.keys());
      case CHECK -> out.send(connection, there(query.keys()) ? READY : NOT_READY);
      case WAIT -> await(connection, query.keys());
      case CANCEL_WAIT -> out.send(connection, WAIT_CANCELED);
      case BARRIER -> barrier(connection, query.key(), query.number());
      case NUM_KEYS -> out.send(connection, int64(values.size()));
      case LIST_KEYS -> listKeys(connection);
      case DELETE_KEY -> delete(connection, query.key());
      case WATCH_KEY -> watch(connection, query.key());
      case QUEUE_PUSH -> push(query.key(), query.value());
      case QUEUE_POP -> pop(connection, query.key());
      case QUEUE_LEN -> out.send(connection, int64(values.length(query.key())));
    }
  }

  void closed(long connection) {
    waits.remove(connection);
    watches.remove(connection);
  }

  /** A client has proved to be of this rank. */
  void arrived(int rank) {
    attendance.arrived(rank);
  }

  Status status() {
    return new Status(
        attendance.joined(), attendance.worldSize(), attendance.missing(), waits.counts());
  }

  private static void validate(Query query) throws BadQueryException {
    if ((int) query.number() != Dialect.MAGIC) {
      throw new BadQueryException(
          "wrong magic number: expected=%08x actual=%08x"
              .formatted(Dialect.MAGIC, (int) query.number()));
    }
  }

  private byte[] read(String key) {
    return values.get(key).orElse(NOTHING);
  }

  private void set(String key, byte[] value) throws BadQueryException {
    attendance.set(key);
    change(key, value);
    waits.arrived(key).forEach(woken -> out.send(woken, STOP_WAITING));
  }

  /** Without waking anybody. */
  private void change(String key, byte[] value) throws BadQueryException {
    byte[] former = values.get(key).orElse(null);
    values.put(key, value);
    attendance.changed(key, value);
    byte kind = former == null ? Watches.CREATED : Watches.UPDATED;
    tell(kind, key, former == null ? NOTHING : former, value);
  }

  private void tell(byte kind, String key, byte[] former, byte[] value) {
    for (long watcher : List.copyOf(watches.of(key))) {
      out.send(watcher, Watches.change(kind, key, former, value));
    }
  }

  private void multiSet(Query query) throws BadQueryException {
    for (int i = 0; i < query.keys().size(); i++) {
      set(query.keys().get(i), query.values().get(i));
    }
  }

  /** A key that is not there is set only by a client that expects nothing; others get that back. */
  private void compareSet(long connection, Query query) throws BadQueryException {
    byte[] expected = query.values().get(0);
    boolean there = values.get(query.key()).isPresent();
    if (there ? Arrays.equals(read(query.key()), expected) : expected.length == 0) {
      set(query.key(), query.values().get(1));
    }
    sendValue(connection, values.get(query.key()).orElse(expected));
  }

  private long add(String key, long delta) throws BadQueryException {
    long sum = sum(key, delta);
    set(key, Long.toString(sum).getBytes(StandardCharsets.ISO_8859_1));
    return sum;
  }

  private long sum(String key, long delta) throws BadQueryException {
    byte[] former = values.get(key).orElse(null);
    if (former == null) {
      return delta;
    }
    try {
      return Math.addExact(
          Attendance.number(former).orElseThrow(() -> new ArithmeticException("no number")), delta);
    } catch (ArithmeticException notANumber) {
      throw new BadQueryException(
          "cannot add: key=%s delta=%d cause=%s"
              .formatted(QueryReader.printable(key), delta, notANumber.getMessage()));
    }
  }

  private void append(String key, byte[] more) throws BadQueryException {
    byte[] former = read(key);
    byte[] all = Arrays.copyOf(former, former.length + more.length);
    System.arraycopy(more, 0, all, former.length, more.length);
    set(key, all);
  }

  private void multiGet(long connection, List<String> keys) throws BadQueryException {
    long bytes = keys.stream().mapToLong(key -> Long.BYTES + read(key).length).sum();
    if (bytes > limits.bytes()) {
      throw new BadQueryException("answer too large: bytes=" + bytes + " most=" + limits.bytes());
    }
    keys.forEach(key -> sendValue(connection, read(key)));
  }

  private boolean there(List<String> keys) {
    return keys.stream().allMatch(values::has);
  }

  private void await(long connection, List<String> keys) throws BadQueryException {
    var absent = new LinkedHashSet<String>();
    keys.stream().filter(key -> !values.has(key)).forEach(absent::add);
    if (absent.isEmpty()) {
      out.send(connection, STOP_WAITING);
    } else {
      waits.add(connection, absent);
    }
  }

  /** Counts in the key itself, as everybody can read. */
  private void barrier(long connection, String key, long size) throws BadQueryException {
    long count = sum(key, 1);
    change(key, Long.toString(count).getBytes(StandardCharsets.ISO_8859_1));
    if (count >= size) {
      waits.arrived(key).forEach(woken -> out.send(woken, STOP_WAITING));
      out.send(connection, STOP_WAITING);
    } else {
      waits.add(connection, new LinkedHashSet<>(List.of(key)));
    }
  }

  private void listKeys(long connection) {
    var keys = values.keys();
    out.send(connection, int64(keys.size()));
    keys.forEach(key -> sendValue(connection, key.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private void delete(long connection, String key) {
    byte[] former = read(key);
    boolean there = values.remove(key);
    if (there) {
      tell(Watches.DELETED, key, former, NOTHING);
    }
    out.send(connection, int64(there ? 1 : 0));
  }

  private void watch(long connection, String key) throws BadQueryException {
    watches.add(connection, key);
    out.send(connection, new byte[] {Watches.REGISTERED});
  }

  private void push(String queue, byte[] value) throws BadQueryException {
    values.push(queue, value);
    waits.elementArrived(queue).forEach(woken -> out.send(woken, STOP_WAITING));
  }

  private void pop(long connection, String queue) {
    out.send(connection, int64(values.length(queue)));
    values.pop(queue).ifPresent(value -> sendValue(connection, value));
  }

  private void sendValue(long connection, byte[] value) {
    out.send(connection, int64(value.length), value);
  }

  private static byte[] int32(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static byte[] int64(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  /** For tests. */
  long usedBytes() {
    return memory.usedBytes();
  }
}
