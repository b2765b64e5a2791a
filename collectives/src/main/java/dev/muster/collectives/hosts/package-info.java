/**
 * Groups whose ranks live on several hosts: the group of each host over its shared memory, streams
 * between ranks of different hosts, and an agreement of the hosts by their votes.
 */
package dev.muster.collectives.hosts;
