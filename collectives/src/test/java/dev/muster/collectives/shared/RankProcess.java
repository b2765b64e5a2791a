package dev.muster.collectives.shared;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import java.nio.file.Path;

/**
 * A rank as a process of its own: reduces and agrees until someone revokes the group. For {@link
 * KilledRankTest}.
 */
final class RankProcess {
  static final int REVOKED = 17;

  public static void main(String[] args) {
    var spec = new Groups.Spec(Path.of(args[0]), "dp", 3, Integer.parseInt(args[1]), 0, 16 << 20);
    long applied = 0;
    try (Communicator communicator =
        new SharedMemoryGroups().join(spec, Integer.parseInt(args[2]))) {
      Buffer buffer = Buffer.float32(communicator.allocate(8 << 20));
      try {
        while (true) {
          communicator.allReduce(buffer);
          communicator.agree(applied + 1);
          applied++;
        }
      } catch (GroupRevokedException e) {
        System.out.println("applied=" + applied + " " + e.getMessage());
        System.exit(REVOKED);
      }
    }
  }

  private RankProcess() {}
}
