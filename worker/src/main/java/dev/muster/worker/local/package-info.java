/** The agent's end of the worker protocol: a Unix socket that workers of this host connect to. */
package dev.muster.worker.local;
