package dev.muster.collectives.bulk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.regex.Pattern;

/**
 * What a sending end must know to reach a subscription. Stream and session are random: who does not
 * see the connection cannot slip anything in.
 *
 * @param endpoint address and port as Aeron writes them
 */
record AeronTicket(String endpoint, int stream, int session) {
  private static final Pattern TEXT =
      Pattern.compile("aeron (\\[?[0-9A-Fa-f.:%]+]?:\\d{1,5}) (-?\\d{1,10}) (-?\\d{1,10})");

  byte[] encoded() {
    return ("aeron " + endpoint + " " + stream + " " + session).getBytes(US_ASCII);
  }

  static AeronTicket decoded(byte[] bytes, String peer) throws TransferException {
    var match = TEXT.matcher(new String(bytes, US_ASCII));
    try {
      if (match.matches()) {
        int stream = Integer.parseInt(match.group(2));
        return new AeronTicket(match.group(1), stream, Integer.parseInt(match.group(3)));
      }
    } catch (NumberFormatException e) {
      // as if it did not match
    }
    throw Frame.malformed(peer, "the peer wants another carrier than Aeron");
  }
}
