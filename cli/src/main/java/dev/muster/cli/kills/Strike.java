package dev.muster.cli.kills;

import java.util.Locale;
import java.util.Set;

/**
 * One kill and what came of it.
 *
 * @param meant the moment that was waited for
 * @param met whether that moment was there, as files or the victim's page showed it after the kill
 * @param victim in words
 * @param phase of the victim, or of the ranks it took along
 * @param processes that got a SIGKILL
 * @param generation that it ended
 * @param gone the workers that die of it; a moment later they may still be seen
 */
record Strike(
    int number,
    Moment meant,
    boolean met,
    String victim,
    String phase,
    int processes,
    long generation,
    Set<String> gone) {
  Strike {
    gone = Set.copyOf(gone);
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "kill %3d %-8s %-4s %s, %s, generation %d",
        number,
        meant.word(),
        met ? "met" : "-",
        victim,
        phase,
        generation);
  }
}
