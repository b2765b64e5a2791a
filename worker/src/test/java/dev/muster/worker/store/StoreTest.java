package dev.muster.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.store.Query.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What each query does, without sockets. */
class StoreTest {
  private static final Limits LIMITS = new Limits(100, 1000, 20, 1 << 20, 8);
  private static final long A = 1;
  private static final long B = 2;
  private static final long C = 3;

  private final Map<Long, ByteArrayOutputStream> sent = new TreeMap<>();
  private final Store store = store(LIMITS);

  private Store store(Limits limits) {
    return new Store(
        limits,
        4,
        new Memory(limits.bytes()),
        (to, parts) ->
            Arrays.stream(parts)
                .forEach(sent.computeIfAbsent(to, t -> new ByteArrayOutputStream())::writeBytes));
  }

  private static List<byte[]> values(String... values) {
    return Stream.of(values).map(v -> v.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }

  private void ask(long from, Kind kind, List<String> keys, String... values) throws Exception {
    store.on(from, new Query(kind, keys, values(values), 0));
  }

  private void ask(long from, Kind kind, String key, long number) throws Exception {
    store.on(from, new Query(kind, List.of(key), List.of(), number));
  }

  /** What {@code to} was sent since this was asked last; numbers as 16 hex digits. */
  private String heard(long to) {
    var bytes = sent.remove(to);
    return bytes == null ? "" : HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static String value(String text) {
    return number(text.length())
        + HexFormat.of().formatHex(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String number(long value) {
    return HexFormat.of().toHexDigits(Long.reverseBytes(value));
  }

  @Test
  void givenAKeyIsSet_whenRead_thenItsValueAndNothingForOneThatIsNot() throws Exception {
    ask(A, Kind.SET, List.of("k"), "v");
    assertThat(heard(A)).as("not answered").isEmpty();
    ask(B, Kind.GET, List.of("k"));
    assertThat(heard(B)).isEqualTo(value("v"));
    ask(B, Kind.GET, List.of("none"));
    assertThat(heard(B)).isEqualTo(value(""));
    ask(B, Kind.NUM_KEYS, List.of());
    assertThat(heard(B)).isEqualTo(number(1));
    ask(B, Kind.LIST_KEYS, List.of());
    assertThat(heard(B)).isEqualTo(number(1) + value("k"));
  }

  @Test
  void givenCompareSet_whenExpectedOrNot_thenOnlyTheExpectedIsReplaced() throws Exception {
    ask(A, Kind.COMPARE_SET, List.of("k"), "x", "1");
    assertThat(heard(A)).as("no such key: what was expected").isEqualTo(value("x"));
    ask(A, Kind.COMPARE_SET, List.of("k"), "", "1");
    assertThat(heard(A)).isEqualTo(value("1"));
    ask(A, Kind.COMPARE_SET, List.of("k"), "2", "3");
    assertThat(heard(A)).isEqualTo(value("1"));
    ask(A, Kind.COMPARE_SET, List.of("k"), "1", "2");
    assertThat(heard(A)).isEqualTo(value("2"));
  }

  @Test
  void givenAdditions_whenRead_thenADecimalNumber() throws Exception {
    ask(A, Kind.ADD, "n", 5);
    ask(A, Kind.ADD, "n", -7);
    assertThat(heard(A)).isEqualTo(number(5) + number(-2));
    ask(A, Kind.GET, List.of("n"));
    assertThat(heard(A)).isEqualTo(value("-2"));
    ask(A, Kind.SET, List.of("text"), "v");
    assertThatThrownBy(() -> ask(A, Kind.ADD, "text", 1)).hasMessageContaining("text");
    ask(A, Kind.SET, List.of("most"), "" + Long.MAX_VALUE);
    assertThatThrownBy(() -> ask(A, Kind.ADD, "most", 1)).hasMessageContaining("overflow");
  }

  @Test
  void givenSeveralKeys_whenSetReadAppendedAndDeleted_thenEachOfThem() throws Exception {
    ask(A, Kind.MULTI_SET, List.of("a", "b"), "1", "22");
    ask(A, Kind.MULTI_GET, List.of("b", "a", "none"));
    assertThat(heard(A)).isEqualTo(value("22") + value("1") + value(""));
    ask(A, Kind.APPEND, List.of("a"), "23");
    ask(A, Kind.APPEND, List.of("new"), "x");
    ask(A, Kind.MULTI_GET, List.of("a", "new"));
    assertThat(heard(A)).isEqualTo(value("123") + value("x"));
    ask(A, Kind.DELETE_KEY, List.of("a"));
    ask(A, Kind.DELETE_KEY, List.of("a"));
    assertThat(heard(A)).isEqualTo(number(1) + number(0));
    ask(A, Kind.CHECK, List.of("b", "new"));
    ask(A, Kind.CHECK, List.of("b", "a"));
    assertThat(heard(A)).isEqualTo("0001");
  }

  @Test
  void givenAWait_whenTheLastKeyComes_thenOneAnswer() throws Exception {
    ask(A, Kind.SET, List.of("there"), "");
    ask(B, Kind.WAIT, List.of("there"));
    assertThat(heard(B)).isEqualTo("00");
    ask(B, Kind.WAIT, List.of("x", "there", "y", "x"));
    ask(C, Kind.WAIT, List.of("x"));
    ask(A, Kind.ADD, "x", 1);
    assertThat(heard(B)).isEmpty();
    assertThat(heard(C)).isEqualTo("00");
    assertThat(store.status().waiting()).isEqualTo(Map.of("y", 1));
    ask(A, Kind.COMPARE_SET, List.of("y"), "", "1");
    assertThat(heard(B)).isEqualTo("00");
    ask(A, Kind.SET, List.of("y"), "again");
    assertThat(heard(B)).isEmpty();
  }

  /** PyTorch 1.13 gives up without a word; a late answer would be taken for the next one. */
  @Test
  void givenAClientGaveUpWaiting_whenTheKeyComes_thenItHearsNothing() throws Exception {
    ask(A, Kind.WAIT, List.of("x"));
    ask(A, Kind.CANCEL_WAIT, List.of());
    assertThat(heard(A)).isEqualTo("01");
    ask(B, Kind.WAIT, List.of("x"));
    ask(B, Kind.NUM_KEYS, List.of());
    assertThat(heard(B)).isEqualTo(number(0));
    ask(C, Kind.WAIT, List.of("x"));
    store.closed(C);
    ask(4, Kind.SET, List.of("x"), "1");
    assertThat(heard(A) + heard(B) + heard(C)).isEmpty();
  }

  @Test
  void givenAQueue_whenPushed_thenOneWaiterEachInTheirOrder() throws Exception {
    ask(A, Kind.WAIT, List.of("q"));
    ask(B, Kind.WAIT, List.of("q"));
    ask(C, Kind.QUEUE_PUSH, List.of("q"), "1");
    assertThat(heard(A)).isEqualTo("00");
    assertThat(heard(B)).isEmpty();
    ask(C, Kind.QUEUE_PUSH, List.of("q"), "2");
    assertThat(heard(B)).isEqualTo("00");
    ask(C, Kind.QUEUE_LEN, List.of("q"));
    ask(C, Kind.CHECK, List.of("q"));
    ask(C, Kind.NUM_KEYS, List.of());
    assertThat(heard(C)).isEqualTo(number(2) + "00" + number(0));
    ask(A, Kind.QUEUE_POP, List.of("q"));
    ask(A, Kind.QUEUE_POP, List.of("q"));
    ask(A, Kind.QUEUE_POP, List.of("q"));
    ask(A, Kind.CHECK, List.of("q"));
    assertThat(heard(A))
        .isEqualTo(number(2) + value("1") + number(1) + value("2") + number(0) + "01");
  }

  @Test
  void givenABarrier_whenAllCame_thenAllGoOn() throws Exception {
    ask(A, Kind.BARRIER, "b", 3);
    ask(B, Kind.BARRIER, "b", 3);
    assertThat(heard(A) + heard(B)).isEmpty();
    ask(C, Kind.BARRIER, "b", 3);
    assertThat(List.of(heard(A), heard(B), heard(C))).containsOnly("00");
    ask(A, Kind.GET, List.of("b"));
    assertThat(heard(A)).isEqualTo(value("3"));
  }

  @Test
  void givenAWatchedKey_whenItChanges_thenTheWatcherIsTold() throws Exception {
    ask(A, Kind.WATCH_KEY, List.of("w"));
    ask(B, Kind.SET, List.of("w"), "1");
    ask(B, Kind.ADD, "w", 1);
    ask(B, Kind.DELETE_KEY, List.of("w"));
    assertThat(heard(A))
        .isEqualTo(
            "03"
                + "01"
                + value("w")
                + value("")
                + value("1")
                + "00"
                + value("w")
                + value("1")
                + value("2")
                + "02"
                + value("w")
                + value("2")
                + value(""));
    store.closed(A);
    ask(B, Kind.SET, List.of("w"), "1");
    assertThat(heard(A)).isEmpty();
  }

  @Test
  void givenAWrongMagicNumber_whenValidated_thenRefused() throws Exception {
    ask(A, Kind.VALIDATE, "", Dialect.MAGIC);
    assertThatThrownBy(() -> ask(A, Kind.VALIDATE, "", 7)).hasMessageContaining("3c85f7ce");
    store.on(A, new Query(Kind.PING, List.of(), List.of(), 0x2db3));
    assertThat(heard(A)).isEqualTo("b32d0000");
  }

  @Test
  void givenLimits_whenReached_thenRefusedAndAllIsGivenBackInTheEnd() throws Exception {
    for (int i = 0; i < 20; i++) {
      ask(A, Kind.SET, List.of("k" + i), "v");
    }
    assertThatThrownBy(() -> ask(A, Kind.SET, List.of("k20"), "v")).hasMessageContaining("<=20");
    assertThatThrownBy(() -> ask(A, Kind.QUEUE_PUSH, List.of("q"), "v")).hasMessageContaining("20");
    ask(A, Kind.APPEND, List.of("k0"), "x".repeat(999));
    assertThatThrownBy(() -> ask(A, Kind.APPEND, List.of("k0"), "x"))
        .hasMessageContaining("expected<=1000 actual=1001");
    for (int i = 0; i < 20; i++) {
      ask(A, Kind.DELETE_KEY, List.of("k" + i));
    }
    ask(A, Kind.QUEUE_PUSH, List.of("q"), "v");
    ask(A, Kind.QUEUE_POP, List.of("q"));
    ask(B, Kind.WAIT, List.of("x", "y"));
    ask(A, Kind.WATCH_KEY, List.of("x"));
    store.closed(A);
    store.closed(B);
    assertThat(store.usedBytes()).isZero();
  }

  @Test
  void givenLittleMemory_whenItIsUsedUp_thenRefused() throws Exception {
    var small = store(new Limits(100, 1000, 20, 2000, 8));
    small.on(A, new Query(Kind.SET, List.of("a"), values("x".repeat(1000)), 0));
    assertThatThrownBy(
            () -> small.on(A, new Query(Kind.SET, List.of("b"), values("x".repeat(1000)), 0)))
        .hasMessageContaining("store is full");
    assertThatThrownBy(
            () -> small.on(A, new Query(Kind.MULTI_GET, List.of("a", "a"), List.of(), 0)))
        .hasMessageContaining("answer too large");
  }

  /** Keys of PyTorch 1.13 and 2.13, as recorded. */
  @Test
  void givenSomeRanksCame_whenAsked_thenWhoHasNot() throws Exception {
    assertThat(store.status()).isEqualTo(Status.none(4));
    ask(A, Kind.ADD, "init/", 1);
    assertThat(store.status().missing()).as("nobody knows who came").isEmpty();
    ask(A, Kind.SET, List.of("//worker/attempt_3/default_pg/0/0/rank_2"), "x");
    assertThat(store.status().missing()).containsExactly(0, 1, 3);
    ask(B, Kind.ADD, "init/", 1);
    ask(B, Kind.SET, List.of("/default_pg/0//cpu//0/0"), "x");
    ask(B, Kind.SET, List.of("/default_pg/0//1//cpu//0/0"), "of another group");
    ask(C, Kind.ADD, "init/", 1);
    store.arrived(3);
    assertThat(store.status()).isEqualTo(new Status(3, 4, List.of(1), Map.of()));
    assertThat(store.status().incomplete()).isTrue();
    ask(4, Kind.ADD, "init/", 1);
    ask(4, Kind.SET, List.of("//worker/attempt_3/default_pg/0/0/1"), "x");
    assertThat(store.status().incomplete()).isFalse();
  }
}
