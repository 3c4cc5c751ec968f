"""Activation: sends each destination exactly what it should hold, and takes back what it should not.

Reads gold.audience_members, gold.profiles, gold.traits, gold.contact_points, silver.consent_state and what
identity knows of whose identifier is whose; writes ops.outbox (what a run sends), ops.acknowledged (what the
destination holds, exactly as sent) and the destination's files.

Must always hold: nothing leaves without a recorded grant of every purpose on that very contact point, checked
at sending; only differences are sent; what is taken back is built from ops.acknowledged, never from today's
profile; a repeated run sends nothing.
"""
