package dev.muster.trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EntropyTest {
  private static final double EXACT = 1e-12;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void givenCountedBytes_whenJudged_thenUnigramIsTheSmoothedCrossEntropy() {
    // training aab: p(a) = 3/259, p(b) = 2/259, p(c) = 1/259
    double expected = -(Math.log(3 / 259.0) + Math.log(2 / 259.0) + Math.log(1 / 259.0)) / 3;
    assertThat(Entropy.unigram(bytes("aab"), bytes("abc"))).isCloseTo(expected, within(EXACT));
  }

  @Test
  void givenCountedPairs_whenJudged_thenBigramIsTheSmoothedCrossEntropy() {
    // training abab: ab 2, ba 1. Judged abb: p(b|a) = 3/258, p(b|b) = 1/257
    double expected = -(Math.log(3 / 258.0) + Math.log(1 / 257.0)) / 2;
    assertThat(Entropy.bigram(Entropy.pairs(bytes("abab")), Entropy.pairs(bytes("abb")), 1))
        .isCloseTo(expected, within(EXACT));
  }

  @Test
  void givenATextItself_whenCounted_thenTheConditionalEntropyIsThatOfItsPairs() {
    // aabab: aa 1, ab 2, ba 1; after a: 1/3 and 2/3, after b: certain
    double expected = -(Math.log(1 / 3.0) + 2 * Math.log(2 / 3.0)) / 4;
    long[][] pairs = Entropy.pairs(bytes("aabab"));
    assertThat(Entropy.bigram(pairs, pairs, 0)).isCloseTo(expected, within(EXACT));
  }

  @Test
  void givenTheShippedText_whenCounted_thenTheBarsAreInOrder() {
    Entropy entropy = Entropy.of(Corpus.shipped(64));
    assertThat(entropy.heldOutBigram()).isBetween(2.0, entropy.bigram());
    assertThat(entropy.bigram()).isLessThan(entropy.unigram());
    assertThat(entropy.unigram()).isLessThan(Math.log(73) + 0.01); // 73 different bytes occur
  }
}
