package dev.muster.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.store.Query.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QueryReaderTest {
  private static final Limits LIMITS = new Limits(100, 1000, 10, 1 << 20, 8);

  private final QueryReader reader = new QueryReader(LIMITS);

  private List<Query> read(byte[] bytes) throws BadQueryException {
    reader.add(ByteBuffer.wrap(bytes));
    var queries = new ArrayList<Query>();
    for (var next = reader.next(); next.isPresent(); next = reader.next()) {
      queries.add(next.get());
    }
    return queries;
  }

  /** Recorded between PyTorch 1.13 and its own store. */
  @ParameterizedTest
  @CsvSource({
    "SET,         0002000000000000002f61010000000000000062",
    "GET,         0202000000000000002f61",
    "ADD,         0302000000000000002f6ef9ffffffffffffff",
    "COMPARE_SET, 0103000000000000002f6373000000000000000001000000000000007" + "8",
    "NUM_KEYS,    06",
    "DELETE_KEY,  0802000000000000002f61",
    "WAIT,        05020000000000000002000000000000002f6e03000000000000002f6373"
  })
  void givenBytesOfPyTorch113_whenRead_thenTheQuery(Kind kind, String hex) throws Exception {
    assertThat(read(Asking.hex(hex))).extracting(Query::kind).containsExactly(kind);
  }

  /** Recorded between PyTorch 2.13 and its own store. */
  @ParameterizedTest
  @CsvSource({
    "PING,        0db32d0000",
    "SET,         0102000000000000002f61010000000000000062",
    "GET,         0302000000000000002f61",
    "ADD,         0402000000000000002f6ef9ffffffffffffff",
    "COMPARE_SET, 0203000000000000002f63730000000000000000010000000000000078",
    "NUM_KEYS,    07",
    "DELETE_KEY,  0802000000000000002f61",
    "WAIT,        06020000000000000002000000000000002f6e03000000000000002f6373",
    "CANCEL_WAIT, 0c",
    "APPEND,      0903000000000000002f6170010000000000000031",
    "CHECK,       05020000000000000003000000000000002f617003000000000000002f7a7a",
    "MULTI_SET,   0b010000000000000003000000000000002f6d31010000000000000031",
    "MULTI_GET,   0a020000000000000003000000000000002f6d3103000000000000002f6d32",
    "QUEUE_PUSH,  0e02000000000000002f71010000000000000031",
    "QUEUE_LEN,   1002000000000000002f71",
    "QUEUE_POP,   0f02000000000000002f71",
    "LIST_KEYS,   11",
    "BARRIER,     1202000000000000002f620200000000000000"
  })
  void givenBytesOfPyTorch213_whenRead_thenTheQuery(Kind kind, String hex) throws Exception {
    assertThat(read(Asking.hex("00cef7853c" + hex)))
        .extracting(Query::kind)
        .containsExactly(Kind.VALIDATE, kind);
  }

  @Test
  void givenAQuery_whenRead_thenItsKeysValuesAndNumber() throws Exception {
    var set = new Asking(Dialect.VALIDATED).opening().kind(Kind.MULTI_SET).int64(2);
    set.text("a").text("1").text("b").text("");
    var query = read(set.kind(Kind.ADD).text("n").int64(-7).bytes());
    assertThat(query.get(1).keys()).containsExactly("a", "b");
    assertThat(query.get(1).values()).containsExactly(new byte[] {'1'}, new byte[0]);
    assertThat(query.get(2).number()).isEqualTo(-7);
  }

  /** Whatever the pieces it comes in. */
  @ParameterizedTest
  @EnumSource(Dialect.class)
  void givenQueriesInPieces_whenRead_thenTheSameQueries(Dialect dialect) throws Exception {
    for (long seed = 1; seed <= 50; seed++) {
      var random = new SplittableRandom(seed);
      var stream = RandomQueries.stream(dialect, random, 20);
      var queries = new ArrayList<Query>();
      var pieces = new QueryReader(LIMITS);
      for (int at = 0; at < stream.length; ) {
        int length = Math.min(stream.length - at, 1 + random.nextInt(40));
        pieces.add(ByteBuffer.wrap(stream, at, length));
        at += length;
        for (var next = pieces.next(); next.isPresent(); next = pieces.next()) {
          queries.add(next.get());
        }
      }
      assertThat(queries)
          .as("seed=%d", seed)
          .usingRecursiveComparison()
          .isEqualTo(new QueryReaderTest().read(stream));
      assertThat(queries).as("seed=%d", seed).hasSizeGreaterThanOrEqualTo(20);
    }
  }

  @Test
  void givenAnUnknownNumber_whenRead_thenItIsNamed() {
    assertThatThrownBy(() -> read("GET / HTTP/1.1\r\n".getBytes()))
        .hasMessageContaining("number=71")
        .hasMessageContaining("UNVALIDATED");
    assertThatThrownBy(() ->
            new QueryReaderTest().read(new Asking(Dialect.VALIDATED).opening().number(19).bytes()))
        .hasMessageContaining("number=19");
  }

  @Test
  void givenLengthsBeyondTheLimits_whenRead_thenRefusedBeforeAnythingIsKept() {
    for (long length : new long[] {101, 1L << 40, -1, Long.MIN_VALUE}) {
      var key = new Asking(Dialect.VALIDATED).opening().kind(Kind.GET).int64(length).bytes();
      assertThatThrownBy(() -> new QueryReaderTest().read(key)).hasMessageContaining("GET");
    }
    var value = new Asking(Dialect.VALIDATED).opening().kind(Kind.SET).text("k").int64(1001);
    assertThatThrownBy(() -> new QueryReaderTest().read(value.bytes()))
        .hasMessageContaining("expected<=1000 actual=1001");
    var keys = new Asking(Dialect.VALIDATED).opening().kind(Kind.WAIT).int64(11).bytes();
    assertThatThrownBy(() -> new QueryReaderTest().read(keys)).hasMessageContaining("WAIT");
  }

  @Test
  void givenALargeValueWasRead_whenIdle_thenItsRoomIsGivenBack() throws Exception {
    read(new Asking(Dialect.UNVALIDATED).kind(Kind.APPEND).text("k").value(new byte[1000]).bytes());
    read(new Asking(Dialect.UNVALIDATED).kind(Kind.APPEND).text("k").value(new byte[1000]).bytes());
    assertThat(reader.heldBytes()).isLessThanOrEqualTo(1 << 10);
  }
}
