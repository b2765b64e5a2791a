package dev.muster.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointReader;
import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.Checkpoints;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * A writer dies before every request by which it changes the store, and what is left is looked at
 * by another one; or it lives, and the answer to such a request is lost.
 */
class S3CrashTest {
  @RegisterExtension static final Store STORE = new Store();

  /** Requests go out until one, and none any more. */
  private static final class Crash implements ExecutionInterceptor {
    private final int at;
    private final boolean done;
    private int requests;

    /**
     * @param at number of the request, from 0
     * @param done the store still does this one
     */
    Crash(int at, boolean done) {
      this.at = at;
      this.done = done;
    }

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
      if (changes(context.request())) {
        stopIf(requests >= at + (done ? 1 : 0));
        requests++;
      }
    }

    @Override
    public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
      stopIf(changes(context.request()) && done && requests == at + 1);
    }

    /** Before one that reads the store is as before the next one that does not. */
    private static boolean changes(SdkRequest request) {
      return !request.getClass().getSimpleName().matches("(Get|Head|List).*");
    }

    private static void stopIf(boolean crashed) {
      if (crashed) {
        throw SdkClientException.create("crashed");
      }
    }
  }

  private S3Place place;

  private CheckpointStorage storage(Crash crash) throws IOException {
    return new S3Storage(place, STORE.client(place, crash));
  }

  private CheckpointStorage another() throws IOException {
    return new S3Storage(place, STORE.client());
  }

  /** One checkpoint there, the next one on its way, the first one deleted. */
  private static void train(CheckpointStorage storage) throws IOException {
    Checkpoints.write(storage, 200, 1, 1);
    storage.delete(100);
  }

  /** Returns how many requests it makes in all, -1 when it was stopped. */
  private int crashed(int at) throws IOException {
    place = S3Place.parse(URI.create(STORE.uri()));
    Checkpoints.write(another(), 100, 1, 1);
    var crash = new Crash(at, false);
    try {
      train(storage(crash));
      return crash.requests;
    } catch (IOException e) {
      assertThat(e).hasStackTraceContaining("crashed");
      return -1;
    }
  }

  @Test
  void givenACrashAtAnyRequest_whenOpenedAgain_thenWhatWasCommittedIsWhole_andNothingStays()
      throws IOException {
    int requests = crashed(Integer.MAX_VALUE);
    System.out.println("changes of a checkpoint and a deletion: " + requests);
    for (int at = 0; at < requests; at++) {
      assertThat(crashed(at)).isEqualTo(-1);
      assertRecovers("crash at request " + at);
    }
  }

  private void assertRecovers(String what) throws IOException {
    var catalog = new Catalog(another());
    var choice = catalog.newestValid(Long.MAX_VALUE, Depth.BYTES);
    assertThat(choice.step()).as(what + ": " + choice.reason()).isPresent();
    assertThat(choice.skipped()).as(what).isEmpty();
    Checkpoints.assertRestores(another(), choice.step().getAsLong(), 1);
    Checkpoints.write(another(), 300, 2, 1);
    assertThat(catalog.verify(300, Depth.BYTES).reason()).as(what).isEqualTo("whole");
    assertThat(STORE.uploads(place)).as(what + ": unfinished uploads").isEmpty();
    assertThat(another().steps()).as(what).isSubsetOf(100L, 200L, 300L).contains(300L);
  }

  /** Who asks for the commit does not know how far the former attempt came. */
  @Test
  void givenALostAnswerToTheCommit_whenCommittedAgain_thenItIsTheSame() throws IOException {
    place = S3Place.parse(URI.create(STORE.uri()));
    Checkpoints.writeRank(another(), 100, 1, 0, 1);
    int at = requestsOfCommit();
    for (int request = 0; request < at; request++) {
      another().delete(100);
      Checkpoints.writeRank(another(), 100, 1, 0, 1);
      var writer = new CheckpointWriter(storage(new Crash(request, true)));
      assertThatThrownBy(() -> writer.commitParts("job", "run-1", 100, 1, 1))
          .isInstanceOf(IOException.class);
      new CheckpointWriter(another()).commitParts("job", "run-1", 100, 1, 1);
      try (var reader = CheckpointReader.open(another(), 100)) {
        assertThat(reader.manifest().generation()).isEqualTo(1);
      }
      Checkpoints.assertRestores(another(), 100, 1);
    }
  }

  private int requestsOfCommit() throws IOException {
    var none = new Crash(Integer.MAX_VALUE, false);
    new CheckpointWriter(storage(none)).commitParts("job", "run-1", 100, 1, 1);
    return none.requests;
  }
}
