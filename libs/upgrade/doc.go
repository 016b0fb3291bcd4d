// Package upgrade puts a newer binary in the place of the one that runs, without a client that
// notices, and takes that back where the newer one fails. nginx calls it an upgrade on the fly,
// Envoy a hot restart.
//
// A [Machine] is on the side of the process that runs. It starts the other one, which is called the
// heir, and says over their channel what is next:
//
//	old process            new process
//	offer      ----------> makes the same plan, of the same text, on the same sockets
//	           <---------- ready, with what it made
//	                       lives for the first half of the trial, and takes no clients
//	serve      ----------> takes clients, beside the old process
//	           <---------- serving
//	                       both take clients for the second half of the trial
//	commit     ----------> has what only one process may have: admin API, gossip, config-sync
//	           <---------- taken
//	drains; totals ------> adds what the old process still counts
//
// An [Heir] is on the side of the new one. Until serve it has touched no client, so its end costs
// nobody anything. Where the old process dies before that, the heir ends, and after that it goes on
// alone. Until taken comes the old process can take everything back, since its sockets stay open.
//
//	machine.go   who may upgrade, and when
//	attempt.go   one upgrade, step by step
//	heir.go      the side of the new process
//	history.go   what became of the last ones
package upgrade
