package configserver_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math"
	"net/url"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/configserver"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestCertificatesSayWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	ca := testkit.NewAuthority(t)
	pair := func(cn string, uris ...string) tls.Certificate {
		leaf := ca.Leaf(t, func(c *x509.Certificate) {
			c.Subject.CommonName = cn
			for _, text := range uris {
				u, err := url.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				c.URIs = append(c.URIs, u)
			}
		}, "127.0.0.1")
		p, err := tls.X509KeyPair(leaf.Cert, leaf.Key)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	r := start(t, folder(t), credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair("server")}, ClientCAs: ca.Pool(),
		ClientAuth: tls.RequireAndVerifyClientCert,
	}), func(o *configserver.Options) { o.Secured = true })
	client := func(cert tls.Certificate) configpb.ConfigSyncClient {
		return configpb.NewConfigSyncClient(dial(t, r.address,
			credentials.NewTLS(&tls.Config{
				RootCAs: ca.Pool(), Certificates: []tls.Certificate{cert},
			})))
	}
	ctx := deadline(t)
	publish := func(c configpb.ConfigSyncClient) codes.Code {
		_, err := c.Publish(ctx, &configpb.PublishRequest{
			Config: document("x"), Author: "mallory", IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
		})
		return status.Code(err)
	}
	watch := func(c configpb.ConfigSyncClient, name string) codes.Code {
		w, err := c.Watch(ctx)
		if err != nil {
			return status.Code(err)
		}
		_ = w.Send(&configpb.NodeMessage{
			Message: &configpb.NodeMessage_Hello{Hello: &configpb.Hello{Node: name, BootId: "b"}},
		})
		_, err = w.Recv()
		return status.Code(err)
	}
	for name, c := range map[string]struct {
		cert           tls.Certificate
		publish, watch codes.Code // under the name edge-1
	}{
		"operator": {
			pair("", "spiffe://gateway/operator/ann"), codes.OK, codes.PermissionDenied,
		},
		"node": {
			pair("", "spiffe://gateway/node/edge-1"), codes.PermissionDenied, codes.OK,
		},
		"another node": {
			pair("edge-1", "spiffe://gateway/node/edge-2"), codes.PermissionDenied,
			codes.FailedPrecondition,
		},
		"by common name": {pair("edge-1"), codes.PermissionDenied, codes.OK},
		"another's name": {pair("edge-3"), codes.PermissionDenied, codes.FailedPrecondition},
		"somebody's URI": {
			pair("edge-1", "spiffe://elsewhere/node/edge-1"), codes.PermissionDenied,
			codes.PermissionDenied,
		},
		"a path in the URI": {
			pair("", "spiffe://gateway/operator/ann/../bob"), codes.PermissionDenied,
			codes.PermissionDenied,
		},
	} {
		client := client(c.cert)
		if got := publish(client); got != c.publish {
			t.Errorf("%s publishes: %s", name, got)
		}
		if got := watch(client, "edge-1"); got != c.watch {
			t.Errorf("%s watches: %s", name, got)
		}
		for call, ask := range map[string]func() error{
			"status": func() error {
				_, err := client.Status(ctx, &configpb.StatusRequest{})
				return err
			},
			"history": func() error {
				_, err := client.History(ctx, &configpb.HistoryRequest{})
				return err
			},
			"snapshot": func() error {
				_, err := client.Snapshot(ctx, &configpb.SnapshotRequest{})
				return err
			},
			"rollback": func() error {
				_, err := client.Rollback(ctx, &configpb.RollbackRequest{Revision: 999})
				return err
			},
			"control": func() error {
				_, err := client.Control(ctx, &configpb.ControlRequest{
					Action: configpb.ControlAction_CONTROL_ACTION_PAUSE, Revision: 999,
				})
				return err
			},
			"follow": func() error {
				w, err := client.Follow(ctx, &configpb.StatusRequest{})
				if err == nil {
					_, err = w.Recv()
				}
				return err
			},
		} {
			got, denied := status.Code(ask()), c.publish == codes.PermissionDenied
			if (got == codes.PermissionDenied) != denied {
				t.Errorf("%s asks for %s: %s", name, call, got)
			}
		}
	}
	h, err := client(pair("", "spiffe://gateway/operator/bob")).History(ctx,
		&configpb.HistoryRequest{})
	if err != nil || len(h.GetRevisions()) != 1 || h.GetRevisions()[0].GetAuthor() != "ann" {
		t.Errorf("the author is whom the certificate names: %v, %v", h, err)
	}
	conn := dial(t, r.address, credentials.NewTLS(&tls.Config{RootCAs: ca.Pool()}))
	_, err = configpb.NewConfigSyncClient(conn).Status(ctx, &configpb.StatusRequest{},
		grpc.WaitForReady(false))
	if err == nil {
		t.Error("answered without a certificate")
	}
}

func TestSignaturesAreChecked(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, folder(t), nil, func(o *configserver.Options) {
		o.Signers, o.Fleet = []ed25519.PublicKey{public}, "prod"
	})
	fleet(t, 1, r.address)
	digest, signed := configstore.Digest(document("x")), configpb.SignedText
	for name, signature := range map[string][]byte{
		"none": nil, "by another": ed25519.Sign(other, signed("prod", 1, 0, digest)),
		"of another": ed25519.Sign(private,
			signed("prod", 1, 0, configstore.Digest(nil))),
		"for another fleet":  ed25519.Sign(private, signed("test", 1, 0, digest)),
		"for another number": ed25519.Sign(private, signed("prod", 2, 0, digest)),
		"for another floor":  ed25519.Sign(private, signed("prod", 1, 1, digest)),
		"as it was once":     ed25519.Sign(private, []byte("gateway config "+digest)),
	} {
		if _, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
			Config: document("x"), Signature: signature, SignedNumber: 1,
		}); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	// publish publishes a document that is signed for a number and a floor.
	publish := func(text string, number, floor uint64) error {
		_, err := r.client.Publish(deadline(t), &configpb.PublishRequest{
			Config: document(text), SignedNumber: number, SignedFloor: floor, Rollout: steps(0),
			Signature: ed25519.Sign(private,
				signed("prod", number, floor, configstore.Digest(document(text)))),
		})
		return err
	}
	if err := publish("x", 1, 0); err != nil {
		t.Fatal(err)
	}
	r.becomes(t, 1, "good")
	for _, c := range []struct{ number, floor uint64 }{
		{0, 1}, {1, 1}, {3, 1}, {math.MaxUint64, 1}, {2, 0}, {2, 2},
	} {
		if err := publish("y", c.number, c.floor); status.Code(err) != codes.Aborted {
			t.Errorf("number %d, floor %d: %v", c.number, c.floor, err)
		}
	}
	for i, text := range []string{"y", "z"} {
		if err := publish(text, uint64(i+2), uint64(i+1)); err != nil {
			t.Fatal(err)
		}
		r.becomes(t, uint64(i+2), "good")
	}
	// The one before is what nodes return to without a signature of its own, and no older one.
	back := &configpb.RollbackRequest{Revision: 1}
	if _, err := r.client.Rollback(deadline(t), back); status.Code(err) !=
		codes.FailedPrecondition {
		t.Errorf("back to the first: %v", err)
	}
	back.DryRun = true
	target, err := r.client.Rollback(deadline(t), back)
	if err != nil || target.GetDigest() != digest || target.GetRevision() != 0 {
		t.Errorf("a dry run: %v, %v", target, err)
	}
	back.DryRun, back.SignedNumber, back.SignedFloor = false, 4, 3
	back.Signature = ed25519.Sign(private, signed("prod", 4, 3, digest))
	if _, err := r.client.Rollback(deadline(t), back); err != nil {
		t.Errorf("signed: %v", err)
	}
	r.becomes(t, 4, "good")
	if _, err := r.client.Rollback(deadline(t), &configpb.RollbackRequest{}); err != nil {
		t.Errorf("back to the one before: %v", err)
	}
}
