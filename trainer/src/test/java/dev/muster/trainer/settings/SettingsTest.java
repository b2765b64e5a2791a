package dev.muster.trainer.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trainer.ReferenceTrainers;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @ParameterizedTest
  @CsvSource({
    "width,abc",
    "width,0",
    "width,130",
    "layers,-1",
    "learning-rate,NaN",
    "learning-rate,fast",
    "model,rnn",
    "device,tpu",
    "batch,0",
    "context,1.5",
    "clip,-1",
    "decay-steps,99999999999",
    "zero,2"
  })
  void givenAnUnusableValue_whenDescribed_thenTheMessageNamesKeyAndValue(String key, String value) {
    assertThatThrownBy(() -> ReferenceTrainers.describe(Map.of(key, value)))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("key=" + key)
        .hasMessageContaining("value=" + value);
  }

  @Test
  void givenAMisspeltKey_whenDescribed_thenTheKnownOnesAreListed() {
    assertThatThrownBy(() -> ReferenceTrainers.describe(Map.of("lerning-rate", "1")))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("key=lerning-rate")
        .hasMessageContaining("learning-rate");
  }

  @Test
  void givenASettingOfTheOtherModel_whenDescribed_thenItIsRefused() {
    assertThatThrownBy(() -> ReferenceTrainers.describe(Map.of("model", "mlp", "heads", "4")))
        .isInstanceOf(InvalidSettingException.class);
  }

  @Test
  void givenNothing_whenDescribed_thenItIsTheDefaultGptOnTheShippedText() {
    var description = ReferenceTrainers.describe(Map.of());
    assertThat(description.model()).startsWith("byte GPT on PyTorch, 834304 parameters");
    assertThat(description.data()).startsWith("New Testament");
    assertThat(description.sharedBytesPerRank()).isEqualTo(4 * (834_304 + 16));
  }
}
