package dev.muster.trainer.settings;

/**
 * A setting of the user cannot be used; nothing was started because of it. The message is one
 * sentence that names the setting, its value and what is accepted, fit to be shown as it is (exit
 * code 2).
 */
public final class InvalidSettingException extends IllegalArgumentException {
  public InvalidSettingException(String message) {
    super(message);
  }
}
