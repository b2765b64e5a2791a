package dev.muster.master.data;

/** What an event leads to, with the ledger from now on and the reason in words. */
public sealed interface Ruling {
  RangeLedger ledger();

  String reason();

  /** The consumer holds the range from now on. */
  record Leased(RangeLedger ledger, Range range, String reason) implements Ruling {}

  /** Nothing is left to hand out now, but some of it may come back or more arrive. */
  record Wait(RangeLedger ledger, String reason) implements Ruling {}

  /** Every position of every epoch is committed. */
  record Exhausted(RangeLedger ledger, String reason) implements Ruling {}

  /** Entered in the ledger. */
  record Noted(RangeLedger ledger, String reason) implements Ruling {}

  /** Definite, and changes nothing: out of date, or not the consumer's to say. */
  record Refused(RangeLedger ledger, String reason) implements Ruling {}

  /** A range failed too often: the job has to end, because to go on would be to drop it. */
  record Stop(RangeLedger ledger, Range range, String reason) implements Ruling {}
}
