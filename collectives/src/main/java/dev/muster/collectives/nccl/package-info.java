/**
 * Groups of GPUs: NCCL moves tensors, a group of the CPU does all else. The id of a new
 * communicator, the agreement on a step and the word that a generation is over go through the group
 * of the CPU; NCCL is told to abort by whoever waits for it.
 *
 * <p>{@link dev.muster.collectives.nccl.NcclGroups} is the door. Rules of NCCL that shape this: its
 * calls never block ({@code blocking=0}) and no two threads are inside one communicator; all
 * communicators of a process that end together are aborted in one group call; an aborted one is
 * dead, and the next generation begins with a new id; errors are polled (NCCL user guide, "Creating
 * a communicator", "Fault tolerance").
 *
 * <p>Unlike groups of the CPU, NCCL does not notice calls that differ between ranks, and adds in an
 * order of its own: results repeat on the same GPUs, but are no function of the rank order.
 */
package dev.muster.collectives.nccl;
