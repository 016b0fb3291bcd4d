package dashboards

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/examples/servers"
	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// gallery is where the pictures are.
const gallery = "../../docs/dashboards/"

// watch starts a Prometheus that looks at the fleet each second.
func (s *site) watch(t *testing.T) Prometheus {
	t.Helper()
	text, err := os.ReadFile(folder + "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string][]string{}
	for _, p := range s.processes {
		targets[p.job] = append(targets[p.job], fmt.Sprintf("%q", p.admin))
	}
	var config strings.Builder
	config.WriteString("global: {scrape_interval: 1s, evaluation_interval: 1s}\n" +
		"rule_files: [rules.yaml]\nscrape_configs:\n")
	for job, all := range targets {
		fmt.Fprintf(&config, "  - {job_name: %s, static_configs: [{targets: [%s]}]}\n", job,
			strings.Join(all, ", "))
	}
	p, err := servers.Prometheus(t.Context(), "127.0.0.1:0",
		map[string]string{"rules.yaml": string(text), servers.PrometheusConfig: config.String()})
	need(t, err)
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	return Prometheus{URL: "http://" + p.Address, Client: &http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}}
}

// load has clients ask the fleet until ctx ends.
func (s *site) load(ctx context.Context) (wait func()) {
	var group sync.WaitGroup
	client := func(every time.Duration, ask func()) {
		group.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					ask()
				}
			}
		})
	}
	public := s.edge.Addr("public")
	client(8*time.Millisecond, func() { request(public, "/", "Accept-Encoding: gzip") })
	client(30*time.Millisecond, func() { request(public, "/search") })
	client(25*time.Millisecond, func() { request(public, "/search/more") })
	client(50*time.Millisecond, func() { request(public, "/api/users") })
	client(200*time.Millisecond, func() { request(public, "/api/nothing") })
	client(100*time.Millisecond, func() {
		request(public, "/staff", "Authorization: Basic YW5hOndyb25n")
	})
	client(400*time.Millisecond, func() { request(public, "/gone") })
	client(time.Second, func() { request(s.edge.Addr("secure"), "/") })
	client(100*time.Millisecond, func() { handshake(ctx, s.edge.Addr("secure")) })
	client(20*time.Millisecond, func() { request(s.relay.Addr("tcp"), "/") })
	client(500*time.Millisecond, func() { request(s.relay.Addr("dead"), "/") })
	for _, f := range s.followers {
		client(40*time.Millisecond, func() { request(f.Addr("public"), "/") })
	}
	return group.Wait
}

// TestPictures writes the pictures of docs/dashboards.md. It is run by hand, with -pictures.
func TestPictures(t *testing.T) {
	if *pictures == 0 {
		t.Skip("it writes the pictures of docs/dashboards.md, with -pictures 3m")
	}
	s := startSite(t)
	p := s.watch(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	began := time.Now()
	at := func(part float64) {
		timer := time.NewTimer(time.Until(began.Add(time.Duration(part * float64(*pictures)))))
		defer timer.Stop()
		<-timer.C
	}
	s.publish(t, "one", nil)
	wait := s.load(ctx)
	bake := durationpb.New(*pictures / 12)
	steps := &configpb.Rollout{Steps: []*configpb.Step{
		{Reach: &configpb.Step_Count{Count: 1}, Bake: bake},
		{Reach: &configpb.Step_Percent{Percent: 100}, Bake: bake},
	}}
	at(0.3)
	s.publish(t, "two", steps)
	at(0.4)
	s.upstreams[2].Close() // an endpoint of the edge's three dies
	at(0.55)
	s.followers[1].Kill() // and a node
	at(0.65)
	for _, text := range []string{
		strings.Replace(s.configured, "cluster: gone", "cluster: nowhere", 1), s.configured,
	} {
		if err := testkit.Replace(s.edge.Config(), text); err != nil {
			t.Fatal(err)
		}
		at(0.75)
	}
	at(1)
	span := Span{
		From: began, To: time.Now(), Rate: 10 * time.Second,
		Step: max(*pictures/60, time.Second).Round(time.Second),
	}
	if err := os.MkdirAll(gallery, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, b := range Boards() {
		picture, err := b.Draw(t.Context(), p, span)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(gallery, b.Name+".svg"), []byte(picture),
			0o644); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	wait()
}
