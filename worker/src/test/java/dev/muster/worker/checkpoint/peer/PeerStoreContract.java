package dev.muster.worker.checkpoint.peer;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.TransferException;
import dev.muster.collectives.bulk.TransferException.Kind;
import dev.muster.worker.checkpoint.snapshot.SavedState;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus.Found;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three hosts in one JVM, over any transport. */
abstract class PeerStoreContract {
  static final byte[] KEY = "a key of thirty-two bytes, no less".getBytes();
  static final long MIB = 1 << 20;

  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private BulkTransport transport;
  private Host a;
  private Host b;
  private Host c;
  private SavedState state;

  abstract BulkTransport transport(BulkLimits limits) throws IOException;

  @BeforeEach
  void open() throws IOException {
    transport = transport(BulkLimits.DEFAULT);
    a = new Host(folder, "a", transport);
    b = new Host(folder, "b", transport);
    c = new Host(folder, "c", transport);
    state = SavedState.of(arena, "w", 3 * MIB + 5, 1, MIB, 700);
  }

  @AfterEach
  void close() {
    List.of(a, b, c).forEach(Host::close);
    transport.close();
    arena.close();
  }

  private SavedState empty() {
    return SavedState.of(arena, "w", 3 * MIB + 5, 1, MIB, 700);
  }

  private void save(SnapshotPoint point) {
    a.save("a-0", point, state.fill(point.step()).tensors());
  }

  private TransferException pushing(SnapshotPoint point, Host to) {
    return catchThrowableOfType(
        TransferException.class, () -> a.store.push("a-0", point, to.address()));
  }

  private void assertRestores(Host host, SnapshotPoint point) throws IOException {
    var actual = empty();
    host.restore("copy-a-0", point, actual.tensors());
    assertThat(actual.sameBytes(empty().fill(point.step()))).as("%s", point).isTrue();
  }

  @Test
  void givenASnapshot_whenPushed_thenThePeersCensusListsItAndItsBytesAreRestoredThere()
      throws IOException {
    var point = new SnapshotPoint(7, 3, 5, 8);
    save(point);
    var moved = a.store.push("a-0", point, b.address());
    assertThat(moved.name()).isEqualTo("copy-a-0");
    assertThat(moved.bytes()).isGreaterThan(4 * MIB);
    var original = a.complete().getFirst();
    assertThat(b.complete()).containsExactly(new Found("copy-a-0", point, original.bytes()));
    assertRestores(b, point);
  }

  @Test
  void givenThreePoints_whenPushedInTurn_thenTheTwoNewestStay() throws IOException {
    for (long step = 1; step <= 3; step++) {
      save(at(step, 1));
      a.store.push("a-0", at(step, 1), b.address());
      assertThat(b.points("copy-a-0"))
          .isEqualTo(step == 1 ? List.of(at(1, 1)) : List.of(at(step - 1, 1), at(step, 1)));
    }
    assertRestores(b, at(2, 1));
    assertRestores(b, at(3, 1));
  }

  @Test
  void givenTheSamePoint_whenPushedAgain_thenNothingIsMovedAndItIsNoError() throws IOException {
    save(at(1, 1));
    a.store.push("a-0", at(1, 1), b.address());
    assertThat(a.store.push("a-0", at(1, 1), b.address()))
        .isEqualTo(new PeerStore.Moved("copy-a-0", 0));
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1));
  }

  @Test
  void givenACopyThatWasDamagedSince_whenPushedAgain_thenItIsReplaced() throws IOException {
    save(at(1, 1));
    save(at(2, 1));
    a.store.push("a-0", at(1, 1), b.address());
    a.store.push("a-0", at(2, 1), b.address());
    invertData(b, "copy-a-0", 1);
    assertThat(a.store.push("a-0", at(2, 1), b.address()).bytes()).isPositive();
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1), at(2, 1));
    assertRestores(b, at(1, 1));
    assertRestores(b, at(2, 1));
  }

  @Test
  void givenAnOlderPoint_whenPushed_thenItIsRefusedAndTheNewerOnesStay() throws IOException {
    save(at(4, 1));
    save(at(5, 1));
    a.store.push("a-0", at(5, 1), b.address());
    assertThat(Refusal.OUTDATED.is(pushing(at(4, 1), b))).isTrue();
    assertThat(b.points("copy-a-0")).containsExactly(at(5, 1));
  }

  @Test
  void givenARollback_whenTheNextGenerationPushesAnEarlierStep_thenItIsNewer() throws IOException {
    save(at(5, 1));
    a.store.push("a-0", at(5, 1), b.address());
    save(at(3, 2));
    a.store.push("a-0", at(3, 2), b.address());
    assertThat(b.points("copy-a-0")).containsExactly(at(5, 1), at(3, 2));
  }

  @Test
  void givenANewcomer_whenItFetchesFromThePeer_thenItHasTheBytesAlthoughTheOwnerIsGone()
      throws IOException {
    save(at(1, 1));
    save(at(2, 1));
    a.store.push("a-0", at(1, 1), b.address());
    a.store.push("a-0", at(2, 1), b.address());
    a.close();
    for (long step : List.of(2, 1)) {
      assertThat(c.store.fetch(at(step, 1), b.address(), () -> {}).bytes()).isGreaterThan(4 * MIB);
      assertRestores(c, at(step, 1));
    }
    assertThat(c.store.fetch(at(2, 1), b.address(), () -> {}))
        .isEqualTo(new PeerStore.Moved("copy-a-0", 0));
  }

  @Test
  void givenTheOwner_whenAnotherNodeFetches_thenItGetsItsOwnSnapshot() throws IOException {
    save(at(1, 1));
    b.store.fetch(at(1, 1), a.address(), () -> {});
    assertRestores(b, at(1, 1));
  }

  @Test
  void givenAStateThatOutgrowsItsFile_whenPushed_thenTheNewOneIsThere() throws IOException {
    save(at(1, 1));
    a.store.push("a-0", at(1, 1), b.address());
    var larger = SavedState.of(arena, "w", 20 * MIB).fill(2);
    a.save("a-0", at(2, 1), larger.tensors());
    a.store.push("a-0", at(2, 1), b.address());
    var actual = SavedState.of(arena, "w", 20 * MIB);
    b.restore("copy-a-0", at(2, 1), actual.tensors());
    assertThat(actual.sameBytes(larger)).isTrue();
  }

  @Test
  void givenATensorOfNoBytes_whenPushed_thenItArrives() {
    a.save("a-0", at(1, 1), List.of());
    assertThat(pushing(at(1, 1), b)).isNull();
    assertThat(b.complete()).containsExactly(new Found("copy-a-0", at(1, 1), 0));
  }

  // ---- damage

  /** In the last tensor of the newest buffer, so that all else has arrived before. */
  private void invertData(Host host, String name, int buffer) throws IOException {
    long room = (java.nio.file.Files.size(host.file(name)) - 4096) / 3;
    long dataAt = buffer * room + 4096 + 4096; // table and checksums take one page
    host.invert(name, java.nio.file.Files.size(host.file(name)) - dataAt - 2 * MIB - 3);
  }

  @Test
  void givenABlockDamagedInTheSourcesMemory_whenPushed_thenThePeerNamesItAndKeepsTheEarlierCopy()
      throws IOException {
    save(at(1, 1));
    save(at(2, 1));
    a.store.push("a-0", at(1, 1), b.address());
    invertData(a, "a-0", 1);
    var failure = pushing(at(2, 1), b);
    assertThat(failure.kind()).isEqualTo(Kind.FAILED);
    assertThat(failure.definite()).isTrue();
    assertThat(failure)
        .hasMessageContaining("tensor=w.0 block=2 of 4")
        .hasMessageContaining("step=2")
        .hasMessageContaining("crc32c:");
    assertThat(b.points("copy-a-0")).containsExactly(at(1, 1));
    assertRestores(b, at(1, 1));
  }

  @Test
  void givenADamagedCopy_whenFetched_thenItIsRefusedHereAndNothingIsListed() throws IOException {
    save(at(1, 1));
    a.store.push("a-0", at(1, 1), b.address());
    invertData(b, "copy-a-0", 0);
    assertThatThrownBy(() -> c.store.fetch(at(1, 1), b.address(), () -> {}))
        .isInstanceOf(TransferException.class)
        .hasMessageContaining("tensor=w.0 block=2 of 4");
    assertThat(c.complete()).isEmpty();
  }

  // ---- refusals

  @Test
  void givenAnotherRun_whenPushedOrFetched_thenRefused() throws IOException {
    save(at(1, 1));
    try (var other = new Host(folder, "other", transport, "run-2")) {
      assertThat(Refusal.UNKNOWN_RUN.is(pushing(at(1, 1), other))).isTrue();
      assertThatThrownBy(() -> other.store.fetch(at(1, 1), a.address(), () -> {}))
          .hasMessageContaining("UNKNOWN_RUN")
          .hasMessageContaining("expected=run-1 actual=run-2");
    }
  }

  @Test
  void givenASnapshotThatIsGone_whenPushedOrFetched_thenRefused() throws IOException {
    for (long step = 1; step <= 3; step++) {
      save(at(step, 1));
    }
    assertThat(Refusal.NOT_HERE.is(pushing(at(1, 1), b))).isTrue();
    assertThat(Refusal.NOT_HERE.is(pushing(new SnapshotPoint(2, 1, 1, 2), b))).isTrue();
    var fetching =
        catchThrowableOfType(
            TransferException.class, () -> b.store.fetch(at(1, 1), a.address(), () -> {}));
    assertThat(Refusal.NOT_HERE.is(fetching)).isTrue();
    assertThat(fetching).hasMessageContaining("step=1").hasMessageContaining("node=a");
  }

  @Test
  void givenAReaderOfTheOlderCopy_whenPushed_thenItStaysBesideTheNewOnes() throws IOException {
    for (long step = 1; step <= 2; step++) {
      save(at(step, 1));
      a.store.push("a-0", at(step, 1), b.address());
    }
    save(at(3, 1));
    try (var reader = SnapshotReader.open(b.places, "copy-a-0").orElseThrow();
        var older = reader.of(1, 1).orElseThrow()) {
      assertThat(pushing(at(3, 1), b)).isNull();
      older.verify();
      assertThat(b.points("copy-a-0")).containsExactly(at(1, 1), at(2, 1), at(3, 1));
    }
  }

  @Test
  void givenCopies_whenDropped_thenTheyAreGoneAndOwnSnapshotsStay() throws IOException {
    save(at(1, 1));
    b.save("b-0", at(1, 1), state.tensors());
    a.store.push("a-0", at(1, 1), b.address());
    b.store.drop(List.of("a-0", "b-0", "unknown"));
    assertThat(b.complete()).extracting(Found::name).containsExactly("b-0");
    assertThat(pushing(at(1, 1), b)).isNull();
    assertRestores(b, at(1, 1));
  }

  @Test
  void givenNamesOfAnyLength_whenCopied_thenTheyFitAndDiffer() {
    String longName = "n".repeat(63);
    assertThat(PeerStore.copyName("a-0")).isEqualTo("copy-a-0");
    assertThat(PeerStore.copyName(PeerStore.copyName("a-0"))).isEqualTo("copy-a-0");
    assertThat(PeerStore.copyName(longName + "1")).hasSize(64);
    assertThat(PeerStore.copyName(longName + "1")).isNotEqualTo(PeerStore.copyName(longName + "2"));
    for (String name : List.of("n".repeat(59), longName + "1")) {
      a.save(name, at(1, 1), state.tensors());
    }
    assertThat(pushing("n".repeat(59))).isNull();
    assertThat(pushing(longName + "1")).isNull();
    assertThat(b.complete()).hasSize(2);
  }

  private TransferException pushing(String name) {
    return catchThrowableOfType(
        TransferException.class, () -> a.store.push(name, at(1, 1), b.address()));
  }
}
