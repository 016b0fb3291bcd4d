"""Settings of a build that a release turns on."""

def _switch_impl(_ctx):
    return []

switch = rule(
    implementation = _switch_impl,
    build_setting = config.bool(flag = True),
    doc = "A flag that is on or off.",
)
