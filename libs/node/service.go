package node

import (
	"context"
	"flag"
	"os"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// A Service is a node as package program runs it: an edge or a relay.
type Service struct{ settings Settings }

// NewService makes a service that serves the listeners with these protocols.
func NewService(protocols ...string) *Service {
	return &Service{settings: Settings{Protocols: protocols, Stdin: os.Stdin}}
}

// Bind defines the flags.
func (s *Service) Bind(fs *flag.FlagSet) { s.settings.Bind(fs) }

// Complete takes what flags left open from the environment, and checks it.
func (s *Service) Complete(env func(string) string) error { return s.settings.Complete(env) }

// Run runs the node until ctx ends or the admin API is told to drain.
func (s *Service) Run(ctx context.Context, p *program.Process) error {
	return Run(ctx, Options{
		Process: p, Protocols: s.settings.Protocols,
		Load: func(published *config.Published) (config.Source, error) {
			return p.Reads(s.settings.Load(p.Env, published))
		},
		LoadBefore: func(given *config.Published, before *config.Source) (config.Source, error) {
			return p.Reads(s.settings.LoadBefore(p.Env, given, before))
		},
	})
}
