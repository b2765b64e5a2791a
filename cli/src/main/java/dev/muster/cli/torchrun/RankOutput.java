package dev.muster.cli.torchrun;

import java.util.List;

/**
 * Which lines of which rank come to the console, and what stands before them. All of them are in
 * files whatever this says.
 *
 * @param redirects streams that go to files only
 * @param tee streams that come to the console although redirected
 * @param shown local ranks that come to the console; empty: all
 * @param role of the ranks
 * @param prefix with the macros of {@value #TEMPLATE}
 */
public record RankOutput(
    Streams redirects, Streams tee, List<Integer> shown, String role, String prefix) {
  static final String TEMPLATE = "TORCHELASTIC_LOG_LINE_PREFIX_TEMPLATE";
  static final String TORCHRUNS = "[${role_name}${local_rank}]:";
  static final String OURS = "[rank ${rank}] ";

  /** Everything, with our prefix. */
  public static final RankOutput ALL =
      new RankOutput(Streams.NONE, Streams.NONE, List.of(), "default", OURS);

  /**
   * @param err standard error, otherwise standard output
   */
  public boolean shows(int localRank, boolean err) {
    int stream = err ? Streams.ERR : Streams.OUT;
    boolean chosen = shown.isEmpty() || shown.contains(localRank);
    return chosen && (!redirects.has(localRank, stream) || tee.has(localRank, stream));
  }

  public String prefix(int rank, int localRank) {
    return prefix
        .replace("${role_name}", role)
        .replace("${local_rank}", "" + localRank)
        .replace("${rank}", "" + rank);
  }
}
