package dev.herd.safety;

import java.util.Optional;

/** Knows which policy binds whom. Asked once per request, whose policy then stays; cheap, and never blocks. */
public interface PolicySource {
    /** The policy that binds a request; empty if the request asks for one that is not its caller's to have. */
    Optional<EffectivePolicy> policyFor(Caller caller, PolicyQuery query);
}
