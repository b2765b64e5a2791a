package dev.muster.collectives.nccl;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.cuda.nccl.ncclConfig_t;
import org.bytedeco.cuda.nccl.ncclUniqueId;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * One {@code ncclComm_t}. No call blocks: what a call began is complete when {@link #asyncError}
 * says so. One thread at a time is inside, whoever calls.
 */
final class NcclHandle {
  private final PointerPointer<Pointer> place = new PointerPointer<>(1); // NCCL may fill it later
  private final NcclHandle parent; // of which NCCL tells until this one is there; null: none
  private boolean spent; // what it was doing was given up for a smaller one
  private boolean dead;

  private NcclHandle(NcclHandle parent) {
    this.parent = parent;
    place.put(0, (Pointer) null);
  }

  /** {@code byte[128]}, for one communicator only. */
  static byte[] newId() {
    try (var id = new ncclUniqueId()) {
      Codes.check(nccl.ncclGetUniqueId(id), "ncclGetUniqueId");
      var bytes = new byte[nccl.NCCL_UNIQUE_ID_BYTES];
      MemorySegment.copy(
          memory(id, bytes.length), ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
      return bytes;
    }
  }

  private static MemorySegment memory(Pointer pointer, long bytes) {
    return MemorySegment.ofAddress(pointer.address()).reinterpret(bytes);
  }

  static NcclHandle init(int worldSize, byte[] id, int rank) {
    var handle = new NcclHandle(null);
    try (var unique = new ncclUniqueId()) {
      memory(unique, id.length).copyFrom(MemorySegment.ofArray(id));
      Codes.check(
          nccl.ncclCommInitRankConfig(handle.place, worldSize, unique, rank, config()),
          "ncclCommInitRankConfig");
      return handle;
    }
  }

  /**
   * Every rank of the parent calls it.
   *
   * @param color those with the same one form a group; -1 for none
   * @param key its order
   */
  static NcclHandle split(NcclHandle parent, int color, int key) {
    var handle = new NcclHandle(parent);
    parent.call(
        "ncclCommSplit", comm -> nccl.ncclCommSplit(comm, color, key, handle.place, config()));
    return handle;
  }

  /**
   * Every rank of the parent but the lost ones calls it, who keep their order. Operations of the
   * parent end without a result.
   */
  static NcclHandle shrink(NcclHandle parent, int[] lost) {
    NcclLibrary.require(NcclLibrary.Since.SHRINK);
    var handle = new NcclHandle(parent);
    parent.spend();
    parent.call(
        "ncclCommShrink",
        comm ->
            nccl.ncclCommShrink(
                comm, lost, lost.length, handle.place, config(), nccl.NCCL_SHRINK_ABORT));
    return handle;
  }

  /** The C macro that fills it is not mapped: what is not set must be said to be undefined. */
  private static ncclConfig_t config() {
    var config = new ncclConfig_t();
    long bytes = config.sizeof();
    return config
        .size(bytes)
        .magic(0xcafebeef)
        .version(nccl.NCCL_VERSION_CODE)
        .blocking(0)
        .cgaClusterSize(Integer.MIN_VALUE)
        .minCTAs(Integer.MIN_VALUE)
        .maxCTAs(Integer.MIN_VALUE)
        .netName(null)
        .splitShare(Integer.MIN_VALUE)
        .trafficClass(Integer.MIN_VALUE)
        .commName(null)
        .collnetEnable(Integer.MIN_VALUE)
        .CTAPolicy(Integer.MIN_VALUE)
        .shrinkShare(Integer.MIN_VALUE)
        .nvlsCTAs(Integer.MIN_VALUE)
        .nChannelsPerNetPeer(Integer.MIN_VALUE)
        .nvlinkCentricSched(Integer.MIN_VALUE)
        .graphUsageMode(Integer.MIN_VALUE)
        .numRmaCtx(Integer.MIN_VALUE);
  }

  private ncclComm comm() {
    var pointer = place.get(0);
    return pointer == null || pointer.isNull() ? null : new ncclComm(pointer);
  }

  /**
   * @throws NcclException refused, or the communicator is dead
   */
  synchronized void call(String what, ToIntFunction<ncclComm> function) {
    var comm = comm();
    if (dead || comm == null) {
      throw new NcclException(what + " on a communicator that is aborted");
    }
    int result = function.applyAsInt(comm);
    if (Codes.failed(result)) {
      throw new NcclException(what + " failed: " + Codes.words(result, comm));
    }
  }

  private synchronized void spend() {
    spent = true;
  }

  /** Whether it gives no results any more, and can only be aborted. */
  synchronized boolean spent() {
    return spent || dead;
  }

  /** NCCL's verdict: success, in progress, or what is wrong. */
  synchronized int asyncError() {
    var comm = comm();
    if (dead) {
      return nccl.ncclInvalidUsage;
    }
    if (comm == null) {
      return parent == null ? nccl.ncclInternalError : parent.asyncError();
    }
    int[] error = {0};
    Codes.check(nccl.ncclCommGetAsyncError(comm, error), "ncclCommGetAsyncError");
    return error[0];
  }

  synchronized String words(int result) {
    return Codes.words(result, comm());
  }

  /** Begins to end a group that ended well; {@link #destroy} once that is complete. */
  void finish() {
    call("ncclCommFinalize", nccl::ncclCommFinalize);
  }

  synchronized void destroy() {
    if (!dead) {
      dead = true;
      nccl.ncclCommDestroy(comm());
    }
  }

  /**
   * In one call of NCCL for all, since one after the other may wait for each other. Idempotent.
   * Waits for a thread that is inside one of them, which no call makes long.
   */
  static void abortAll(Collection<NcclHandle> handles) {
    Codes.check(nccl.ncclGroupStart(), "ncclGroupStart");
    handles.forEach(NcclHandle::abort);
    Codes.check(nccl.ncclGroupEnd(), "ncclGroupEnd");
  }

  private synchronized void abort() {
    var comm = comm();
    if (!dead && comm != null) {
      dead = true;
      nccl.ncclCommAbort(comm);
    }
  }
}
