/**
 * What a run leaves on disk for people and tools to read: progress, events, result, and who runs
 * where. The layout is docs/run-folder.md. Written by the master (the agents' and the secret's
 * files excepted), read by the command line.
 */
package dev.muster.protocol.run;
