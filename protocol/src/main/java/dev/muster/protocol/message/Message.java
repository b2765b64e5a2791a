package dev.muster.protocol.message;

/** Anything that travels on the link between an agent and the master. */
public sealed interface Message permits ToMaster, ToAgent {}
