/**
 * A simulated cluster: the production cores of master and agents on modelled hosts, processes and
 * groups.
 */
package dev.muster.simulator.cluster;
