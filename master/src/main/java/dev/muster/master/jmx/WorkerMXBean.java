package dev.muster.master.jmx;

/**
 * {@code dev.muster:type=Worker,node=<name>,number=<n>}; exists while the master knows the process
 * as alive.
 */
@Description("One worker process as the master sees it")
public interface WorkerMXBean {
  String getNode();

  @Description("Order of launch on its node")
  int getNumber();

  long getPid();

  @Description("Place in the current group, -1 for a spare")
  int getRank();

  String getState();

  @Description("Last step it applied")
  long getStep();

  @Description("Since its last sign of progress, NaN when unknown")
  double getProgressAgeSeconds();
}
