package configstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// live returns the session that posts and the lead hang on.
func (e *etcd) live(ctx context.Context) (*concurrency.Session, error) {
	e.mu.Lock()
	s := e.session
	e.mu.Unlock()
	if s != nil {
		select {
		case <-s.Done():
		default:
			return s, nil
		}
	}
	var lease *clientv3.LeaseGrantResponse
	if err := e.call(ctx, "get a lease", func(ctx context.Context) (err error) {
		lease, err = e.client.Grant(ctx, leaseSeconds)
		return err
	}); err != nil {
		return nil, err
	}
	// The session keeps the lease for as long as the store is open, not only for this call.
	s, err := concurrency.NewSession(e.client, concurrency.WithLease(lease.ID))
	if err != nil {
		return nil, fmt.Errorf("etcd: keep a lease: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.changed == nil {
		s.Orphan()
		return nil, ErrClosed
	}
	if e.session != nil {
		select {
		case <-e.session.Done():
		default: // another call was faster
			s.Orphan()
			return e.session, nil
		}
	}
	e.session = s
	return s, nil
}

func (e *etcd) Shared() bool { return true }

func (e *etcd) Post(ctx context.Context, name string, data []byte) error {
	s, err := e.live(ctx)
	if err != nil {
		return err
	}
	return e.call(ctx, "post", func(ctx context.Context) error {
		_, err := e.client.Put(ctx, e.prefix+"posts/"+name, string(data),
			clientv3.WithLease(s.Lease()))
		return err
	})
}

func (e *etcd) Posts(ctx context.Context) (map[string][]byte, error) {
	posts := map[string][]byte{}
	err := e.call(ctx, "read posts", func(ctx context.Context) error {
		got, err := e.client.Get(ctx, e.prefix+"posts/", clientv3.WithPrefix())
		if err != nil {
			return err
		}
		for _, kv := range got.Kvs {
			posts[strings.TrimPrefix(string(kv.Key), e.prefix+"posts/")] = kv.Value
		}
		return nil
	})
	return posts, err
}

func (e *etcd) Lead(ctx context.Context, name string, lead func(context.Context)) error {
	for ctx.Err() == nil {
		if err := e.campaign(ctx, name, lead); err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second): // the trouble is said already
			}
		}
	}
	return nil
}

func (e *etcd) campaign(ctx context.Context, name string, lead func(context.Context)) error {
	s, err := e.live(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	election := concurrency.NewElection(s, e.prefix+"lead")
	if err := election.Campaign(ctx, name); err != nil {
		return err
	}
	lead(ctx)
	resign, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	_ = election.Resign(resign) // else the lease does it, later
	return nil
}
