package dev.muster.worker.store;

/** Where answers go. */
interface Outbox {
  /** In order; parts are not changed afterwards. */
  void send(long connection, byte[]... parts);
}
