/** Where the time of a fleet went: every GPU-nanosecond has one class, and none is missing. */
package dev.muster.simulator.account;
