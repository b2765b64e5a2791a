/**
 * The same world on real actors: the production shells, mailboxes, timers and supervision of Pekko
 * in virtual time, by configuration only.
 */
package dev.muster.simulator.actors;
