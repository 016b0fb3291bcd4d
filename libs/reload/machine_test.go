package reload

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const document = `version: 1
listeners: [{name: public, address: "127.0.0.1:1001"}]
clusters: [{name: c, endpoints: [{address: "127.0.0.1:1"}]}]
routes: [{name: r, cluster: c}]
`

// process is one that reloads: what is in force is only noted.
type process struct {
	*Machine
	t     *testing.T
	file  string
	fails error // of the next Apply

	mu      sync.Mutex
	applied []string     // guarded by mu; routes that were put in force
	log     bytes.Buffer // guarded by mu
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

func (p *process) load(published *config.Published) (config.Source, error) {
	if _, err := os.Stat(p.file); err != nil {
		return config.Source{Document: new(config.Document)}, nil // what is built in
	}
	return config.Options{Published: published}.Resolve(p.file, func(string) string { return "" })
}

func (p *process) apply(_ context.Context, c *Change) (func(), error) {
	if p.fails != nil {
		return nil, p.fails
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applied = append(p.applied, c.After.Source.Document.Routes[0].Name)
	c.Receipt.NeedsRestart = []string{"admin"}
	return func() {}, nil
}

func (p *process) write(text string) {
	p.t.Helper()
	if err := testkit.Replace(p.file, text); err != nil {
		p.t.Fatal(err)
	}
}

// start runs the machine without a watch on its file until the test ends.
func start(t *testing.T) *process {
	t.Helper()
	p := &process{t: t, file: filepath.Join(t.TempDir(), "gateway.yaml")}
	p.write(document)
	source, err := p.load(nil)
	if err != nil {
		t.Fatal(err)
	}
	first, err := plan.Build(source.Document)
	if err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(p)
	p.Machine = New(Options{
		Subject: "the test", BuiltIn: "nothing", Log: log, Load: p.load, Apply: p.apply,
	}, Generation{source, first})
	p.Machine.mu.Lock()
	p.Machine.ctx = t.Context()
	p.Machine.mu.Unlock()
	close(p.begun)
	return p
}

func (p *process) wants(
	what string, r admin.Receipt, result admin.Result, reason admin.Reason, message string,
) {
	p.t.Helper()
	if r.Result != result || r.Reason != reason || !strings.Contains(r.Message, message) {
		p.t.Errorf("%s: %s for %s, %q", what, r.Result, r.Reason, r.Message)
	}
}

func TestWhatBecomesOfAReload(t *testing.T) {
	t.Parallel()
	p := start(t)
	reload := func() admin.Receipt { return p.Reload(t.Context(), admin.ByAPI) }
	p.wants("the same file", reload(), admin.Unchanged, admin.ReasonOK, "is the one in force")
	p.wants("nothing to return to", p.Rollback(t.Context(), admin.ByAPI), admin.Refused,
		admin.ReasonNothing, "")

	second := strings.Replace(document, "name: r,", "name: second,", 1)
	p.write(second)
	r := reload()
	p.wants("another file", r, admin.Applied, admin.ReasonOK, "")
	if r.OldDigest == r.NewDigest || p.Now().Plan.Digest != r.NewDigest ||
		len(r.NeedsRestart) != 1 || len(r.Routes.Added) != 1 {
		t.Errorf("the receipt is %+v", r)
	}

	p.write("version: 1\nroutes: 7\n")
	p.wants("problems", reload(), admin.Refused, admin.ReasonInvalid, "has problems")
	p.write(strings.Replace(document, "name: r,", "name: third,", 1))
	p.fails = Refuse(admin.ReasonListen, errors.New("no address"))
	p.wants("a process that can't", reload(), admin.Refused, admin.ReasonListen, "no address")
	p.fails = errors.New("no reason")
	p.wants("a process that can't, and gives no reason", reload(), admin.Refused, admin.ReasonBuild,
		"no reason")
	p.fails = nil
	if err := os.Remove(p.file); err != nil {
		t.Fatal(err)
	}
	p.wants("no file", reload(), admin.Refused, admin.ReasonRead,
		"is gone, and nothing takes its place")
	if got := p.Document().Routes[0].Name; got != "second" {
		t.Errorf("in force is %s", got)
	}

	p.wants("a rollback", p.Rollback(t.Context(), admin.ByAPI), admin.RolledBack,
		admin.ReasonRequest, "")
	p.write(second)
	p.wants("the file that was rolled back from", p.Reload(t.Context(), admin.ByFile),
		admin.Unchanged, admin.ReasonOK, "rolled back from")
	p.wants("somebody who insists", reload(), admin.Applied, admin.ReasonOK, "")
	if got := strings.Join(p.applied, " "); got != "second r second" {
		t.Errorf("put in force: %s", got)
	}
	if len(p.History().List()) == 0 || p.log.Len() == 0 {
		t.Error("nothing is remembered or logged")
	}
}

func TestAPublishedConfigurationIsFollowed(t *testing.T) {
	t.Parallel()
	p := start(t)
	text := func(name string) *config.Published {
		return &config.Published{
			Revision: 3, Digest: name,
			Data: []byte(strings.Replace(document, "name: r,", "name: "+name+",", 1)),
		}
	}
	if err := p.Follow(t.Context(), text("new")); err != nil {
		t.Fatal(err)
	}
	if err := p.Follow(t.Context(), &config.Published{
		Revision: 4, Digest: "bad", Data: []byte("nonsense: 1\n"),
	}); err == nil {
		t.Error("nonsense was taken")
	}
	if now := p.Now(); now.Source.Published == nil || now.Source.Published.Digest != "new" ||
		p.Document().Routes[0].Name != "new" {
		t.Errorf("in force is %+v", now.Source.Published)
	}
	if err := p.Follow(t.Context(), nil); err != nil || p.Document().Routes[0].Name != "r" {
		t.Errorf("back to its own file: %s, %v", p.Document().Routes[0].Name, err)
	}
}

// A file system whose server is gone takes a read and gives nothing back. Neither the end of the
// process nor a return to what was in force waits for it.
func TestAReadThatHangsHoldsUpItsReloadOnly(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.write(strings.Replace(document, "name: r,", "name: second,", 1))
	p.wants("another file", p.Reload(t.Context(), admin.ByAPI), admin.Applied, admin.ReasonOK, "")

	reading, hang := make(chan struct{}, 8), make(chan struct{})
	defer close(hang)
	p.Load = func(*config.Published) (config.Source, error) {
		reading <- struct{}{}
		<-hang
		return config.Source{}, errors.New("it was too late")
	}
	run, end := context.WithCancel(t.Context())
	p.begun = make(chan struct{})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(run, nil) }() // which looks at the file, and hangs
	receipts := make(chan admin.Receipt, 2)
	<-reading
	for range 2 {
		go func() { receipts <- p.Reload(t.Context(), admin.ByAPI) }()
	}
	<-reading // the first of them, the second waits for its turn
	p.wants("a rollback", p.Rollback(t.Context(), admin.ByAPI), admin.RolledBack,
		admin.ReasonRequest, "")
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Follow(impatient, nil); err == nil {
		t.Error("config-sync is followed, and nothing could be read")
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for range 2 {
		p.wants("a reload that hangs", <-receipts, admin.Refused, admin.ReasonDraining, "draining")
	}
}

func TestNothingIsReloadedInTheDrain(t *testing.T) {
	t.Parallel()
	p := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.write(strings.Replace(document, "name: r,", "name: late,", 1))
	p.wants("a reload", p.Reload(ctx, admin.ByAPI), admin.Refused, admin.ReasonDraining,
		"the test is draining")
	if len(p.applied) > 0 {
		t.Errorf("put in force: %v", p.applied)
	}
}
