package dashboards

// fleet is the board of many nodes: their ring, their configuration, and what watches them.
func fleet() Board {
	return Board{
		Name: "fleet", Title: "Gateway: fleet",
		About: "All nodes together: who is there, who sees whom, what configuration they run, " +
			"how a rollout goes, and what the health aggregator makes of their endpoints.",
		Of: []string{
			"gateway_config_info", "gateway_gossip_members", "gateway_configsync_ready",
		},
		Rows: []Row{
			{Title: "Nodes", Panels: []Panel{
				graph("Nodes that answer", count, "", ask(`sum by (job) (up{SEL})`, "{{job}}")),
				graph("Requests", requests, "",
					ask(`sum by (instance) (rate(gateway_requests_total{SEL}RATE))`,
						"{{instance}}")),
				graph("Error ratio", share, "The share of requests that got a 5xx, by node.",
					ask(`sum by (instance) (rate(gateway_requests_total{SEL,code=~"5.."}RATE)) / `+
						`sum by (instance) (rate(gateway_requests_total{SEL}RATE))`,
						"{{instance}}")),
				graph("p99 by node", seconds, "",
					quantile("0.99", "gateway_request_duration_seconds", "", "instance",
						"{{instance}}")),
				number("Until the next certificate ends", seconds, "By node.",
					ask(`min by (instance) (gateway_certificate_not_after_timestamp_seconds{SEL})`+
						` - time()`, "{{instance}}")),
			}},
			{Title: "Gossip", Panels: []Panel{
				graph("Members of the ring", count,
					"As each node sees it: all lines are one, or the ring is split.",
					ask(`gateway_gossip_members{SEL}`, "{{instance}}")),
				graph("Members that are missing", count,
					"Addresses that did not leave, and are looked for.",
					ask(`gateway_gossip_members_missing{SEL}`, "{{instance}}")),
				graph("Messages", perSecond, "",
					ask(`sum by (direction, result) (rate(gateway_gossip_messages_total{SEL}`+
						`RATE))`, "{{direction}} {{result}}")),
				graph("Age of news", seconds, "When they came: 99 of 100 were younger.",
					quantile("0.99", "gateway_gossip_lag_seconds", "", "instance",
						"{{instance}}")),
				graph("Longest silence", seconds, "Since a member was last heard from directly.",
					ask(`max by (instance) (gateway_gossip_contact_age_seconds{SEL})`,
						"{{instance}}")),
				graph("Losses reported by others", count, "",
					ask(`gateway_gossip_losses{SEL}`, "{{instance}}")),
			}},
			{Title: "Configuration", Panels: []Panel{
				graph("Digests in force", count, "Nodes by the configuration they run.",
					ask(`count by (digest) (label_replace(gateway_config_info{SEL}, "digest", "$1", `+
						`"digest", "(.{12}).*"))`, "{{digest}}")),
				graph("Revision by node", count, "0 is a node's own file.",
					ask(`gateway_config_sync_revision{SEL}`, "{{instance}}")),
				graph("Connected to config-sync", count, "",
					ask(`gateway_config_sync_connected{SEL}`, "{{instance}}")),
				graph("Rollout", count, "Its step; below, whether it is being taken back.",
					ask(`max by (job) (gateway_configsync_rollout_step{SEL})`, "step"),
					ask(`max by (job) (gateway_configsync_rollout_reverting{SEL})`,
						"taken back")),
				graph("Step beside its plan", seconds,
					"How long the step of a rollout lasts, and for how long it is looked at.",
					ask(`max by (job) ((time() - gateway_configsync_rollout_step_start_timestamp_`+
						`seconds{SEL}) * (gateway_configsync_rollout_running{SEL} == 1))`, "lasts"),
					ask(`max by (job) (gateway_configsync_rollout_step_bake_seconds{SEL})`,
						"is looked at for")),
				graph("Rollouts", count, "In the last ten minutes.",
					ask(`sum(increase(gateway_configsync_published_total{SEL}[10m]))`,
						"published"),
					ask(`sum(increase(gateway_configsync_refused_total{SEL}[10m]))`, "refused"),
					ask(`max(increase(gateway_configsync_returns_total{SEL}[10m]))`,
						"taken back")),
				graph("Reloads", count, "Since the start, by what became of them.",
					ask(`sum by (result, reason) (gateway_reloads_total{SEL})`,
						"{{result}} {{reason}}"),
					ask(`count(gateway_reload_last_successful{SEL} == 0)`, "failing now")),
			}},
			{Title: "config-sync", Panels: []Panel{
				graph("Nodes known", count, "",
					ask(`max by (state) (gateway_configsync_nodes{SEL})`, "{{state}}")),
				graph("Replicas", count, "How many can use the store, and how many lead: one.",
					ask(`sum(gateway_configsync_ready{SEL})`, "ready"),
					ask(`sum(gateway_configsync_leader{SEL})`, "leading")),
				graph("Streams by replica", count, "",
					ask(`gateway_configsync_streams{SEL}`, "{{instance}}")),
				graph("Last good revision", count, "",
					ask(`gateway_configsync_good_revision{SEL}`, "{{instance}}"),
					ask(`gateway_configsync_waiting_revisions{SEL}`, "{{instance}} waiting")),
			}},
			{Title: "Health of endpoints", Panels: []Panel{
				graph("Endpoints without full weight", count, "As the fleet sees them.",
					ask(`max by (state) (gateway_healthagg_endpoints{SEL})`, "{{state}}")),
				graph("Nodes that report", count, "",
					ask(`max by (role) (gateway_healthagg_nodes{SEL})`, "{{role}}")),
				graph("History", bytes, "",
					ask(`gateway_healthagg_history_bytes{SEL}`, "{{instance}}")),
				graph("Events not kept", perSecond, "",
					ask(`rate(gateway_healthagg_history_dropped_total{SEL}RATE)`,
						"{{instance}}")),
			}},
			{Title: "Processes", Panels: goProcess()},
		},
	}
}
