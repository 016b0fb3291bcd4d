package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/spectest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// mostHAR is how many bytes of recorded traffic are read.
const mostHAR = 256 << 20

// specTest are the flags of spec test.
type specTest struct {
	spec, target, har, junit, ca string
	headers, only                []string
	unsafe, json                 bool
	timeout                      time.Duration

	url *url.URL
}

func (a *app) specTestCommand() *cobra.Command {
	var f specTest
	c := &cobra.Command{
		Use:   "test --spec FILE --target URL",
		Short: "Hold an upstream, or recorded traffic, against an OpenAPI document",
		Long: `test asks an upstream for each operation of an OpenAPI document and holds the answers against it:
status, fields, content type and body. Requests are made of the examples of the document, else of
its schemas, and are sent only if they are as described themselves. Methods that may change
something are left out without --unsafe. A path of the target comes in the place of the paths of
the document's servers.

With --har it holds recorded traffic against the document instead: requests and responses of a HAR
file, as browsers and proxies write it; --target then leaves out what went elsewhere.

The verdicts are those of the edge: the digest that is printed is that of the contract that an edge
has from the same files.

Exit codes: 0 all is as described, 1 something is not or did not answer, 2 the command line or the
document is wrong.`,
		Example: `  gateway spec test --spec users.yaml --target http://127.0.0.1:9001
  gateway spec test --spec users.yaml --target https://staging.example.com/v2 --unsafe \
    -H "Authorization: Bearer $TOKEN" --junit contract.xml
  gateway spec test --spec users.yaml --har recorded.har`,
		Args: exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(c); err != nil {
				return err
			}
			return a.specTest(c.Context(), c, &f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.spec, "spec", "", "the OpenAPI document, a `file`")
	flags.StringVar(&f.target, "target", "", "the `URL` of the upstream")
	flags.StringVar(&f.har, "har", "", "recorded traffic, a `file`")
	flags.StringVar(&f.junit, "junit", "", "write a report for CI into this `file`")
	flags.StringVar(&f.ca, "ca", "",
		"the PEM `file` of the authorities that the target's certificate may be of")
	flags.StringArrayVarP(&f.headers, "header", "H", nil,
		"a header `field` of each request, \"Name: value\"; may come again")
	flags.StringArrayVar(&f.only, "operation", nil,
		"only this `operation`, by its ID or as 'GET /users'; may come again")
	flags.BoolVar(&f.unsafe, "unsafe", false,
		"send POST, PUT, PATCH and DELETE too, which may change something")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second,
		"the `duration` an answer may take at most")
	jsonFlag(c, &f.json)
	_ = c.RegisterFlagCompletionFunc("spec", files)
	return c
}

func (f *specTest) check(c *cobra.Command) error {
	switch {
	case f.spec == "":
		return usage(c, "--spec is missing")
	case f.target == "" && f.har == "":
		return usage(c, "--target is missing, or --har")
	case f.timeout <= 0:
		return usage(c, "--timeout is %v; it must be more than nothing", f.timeout)
	case f.har != "" && (f.unsafe || len(f.headers)+len(f.only) > 0):
		return usage(c, "--har sends nothing: --unsafe, --header and --operation are for --target")
	}
	if f.target == "" {
		return nil
	}
	var err error
	f.url, err = url.Parse(f.target)
	if err != nil || f.url.Host == "" || f.url.Scheme != "http" && f.url.Scheme != "https" {
		return usage(c, "--target is %q; write a URL, such as http://127.0.0.1:9001", f.target)
	}
	if f.url.User != nil || f.url.RawQuery != "" || f.url.Fragment != "" {
		return usage(c, "--target has more than a scheme, a host and a path")
	}
	return nil
}

func (a *app) specTest(ctx context.Context, c *cobra.Command, f *specTest) error {
	o := spectest.Options{
		Target: f.url, Unsafe: f.unsafe, Only: f.only, Timeout: f.timeout,
	}
	for _, line := range f.headers {
		name, value, ok := strings.Cut(line, ":")
		if name = textproto.TrimString(name); !ok || name == "" {
			return usage(c, "--header is %q; write \"Name: value\"", line)
		}
		o.Fields = append(o.Fields, openapi.Field{
			Name: []byte(name), Value: []byte(textproto.TrimString(value)),
		})
	}
	d, err := openDocument(f.spec, spectest.Base(f.url))
	if err != nil {
		return err
	}
	var report *spectest.Report
	if f.har != "" {
		data, err := a.readAll(f.har, mostHAR)
		if err == nil {
			report, err = spectest.Recorded(data, d, f.url)
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", errInvalid, f.har, err)
		}
	} else {
		transport, err := transport(f.ca)
		if err != nil {
			return fmt.Errorf("%w: --ca: %w", errInvalid, err)
		}
		defer transport.CloseIdleConnections()
		o.Client = &http.Client{
			Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // a redirect is an answer as any other
			},
		}
		done := a.err.Progress("asking " + f.target)
		report, err = spectest.Run(ctx, d, o)
		done()
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			return usageError{err, c.CommandPath()}
		}
	}
	if f.junit != "" {
		if err := writeJUnit(f.junit, report); err != nil {
			return err
		}
	}
	if f.json {
		if err := a.out.JSON(report); err != nil {
			return err
		}
	} else {
		a.printSpecTest(report)
	}
	if !report.OK() {
		return errFailed
	}
	return nil
}

// readAll reads a file that the user has named, or standard input.
func (a *app) readAll(name string, most int64) ([]byte, error) {
	if name != config.FromInput {
		return filesystem.Read(name, most)
	}
	if a.Stdin == nil {
		return nil, errors.New("there is no standard input")
	}
	return filesystem.ReadInput(a.Stdin, most)
}

// transport is how a target is asked: directly, whatever proxies the environment names.
func transport(ca string) (*http.Transport, error) {
	t := &http.Transport{ForceAttemptHTTP2: true, DisableCompression: true}
	if ca == "" {
		return t, nil
	}
	data, err := filesystem.Read(ca, 1<<20)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s has no certificate", ca)
	}
	t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}

func writeJUnit(path string, r *spectest.Report) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = r.JUnit(f)
	return errors.Join(err, f.Close())
}

func (a *app) printSpecTest(r *spectest.Report) {
	o := a.out
	o.Printf("%s, contract %s\n", r.Title, short(r.Digest))
	styles := map[string]terminal.Style{
		spectest.Passed: terminal.Green, spectest.Failed: terminal.Red,
		spectest.Error: terminal.Red, spectest.Skipped: terminal.Yellow,
	}
	for _, one := range r.Results {
		status := ""
		if one.Status > 0 {
			status = fmt.Sprintf(": %d", one.Status)
		}
		o.Printf("  %-8s %s%s\n", o.Paint(styles[one.Result], one.Result), one.Request, status)
		if one.Reason != "" {
			o.Printf("           %s\n", one.Reason)
		}
		for _, v := range one.Violations {
			o.Printf("           %s %s: %s\n", v.Where, v.Pointer, v.Message)
		}
	}
	o.Printf("%d passed, %d failed, %d skipped, %d without an answer\n", r.Passed, r.Failed,
		r.Skipped, r.Errors)
}
