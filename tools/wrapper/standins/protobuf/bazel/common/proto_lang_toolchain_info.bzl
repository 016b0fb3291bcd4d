"""A provider that rules_go's proto toolchains would give."""

ProtoLangToolchainInfo = provider(
    doc = "Never made here.",
    fields = ["name"],
)
