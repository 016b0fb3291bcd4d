package configstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
)

// EtcdOptions say where etcd is.
type EtcdOptions struct {
	Endpoints []string
	Prefix    string // of all keys; "" is "gateway/config-sync"
	User      string
	Password  string
	TLS       *tls.Config // nil: plain text
}

// Keys are below the prefix:
//
//	journal/NUMBER           an entry; 20 digits, so that their order is that of the keys
//	snapshots/DIGEST         how many parts a snapshot has; written after them
//	snapshots/DIGEST/PART    up to partSize bytes of it; one value may have 1.5 MB in etcd
//	posts/NAME               with a lease, so that they go when their author does
//	lead                     the election

const (
	partSize = 1 << 20
	// leaseSeconds is how long a replica that is gone keeps its posts and the lead.
	leaseSeconds = 5
	// callTimeout is for one question to etcd. An etcd that takes longer has lost its leader, and
	// the caller gets an error.
	callTimeout = 5 * time.Second
)

type etcd struct {
	client *clientv3.Client
	prefix string
	cancel context.CancelFunc
	ended  sync.WaitGroup

	trouble atomic.Pointer[error]

	mu      sync.Mutex
	changed chan struct{}        // guarded by mu; nil: closed
	session *concurrency.Session // guarded by mu; of posts and the lead; nil: not yet, or lost
	known   map[string][]byte    // guarded by mu; snapshots, which never change
	seen    mark                 // guarded by mu; the last entry that a caller knows of
	rewatch context.CancelFunc   // guarded by mu; ends the watch that there is; nil: none
}

// Etcd returns a store in etcd. It does not wait for etcd to be there: until it is, calls fail, and
// Trouble returns why.
func Etcd(o EtcdOptions) (Store, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints: o.Endpoints, TLS: o.TLS, Username: o.User, Password: o.Password,
		Logger:      zap.NewNop(),
		DialTimeout: callTimeout, DialKeepAliveTime: 3 * time.Second,
		DialKeepAliveTimeout: 3 * time.Second, RejectOldCluster: false,
	})
	if err != nil {
		return nil, fmt.Errorf("etcd: %w", err)
	}
	prefix := strings.TrimSuffix(o.Prefix, "/")
	if prefix == "" {
		prefix = "gateway/config-sync"
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &etcd{
		client: client, prefix: prefix +
			"/", cancel: cancel, changed: make(chan struct{}), known: map[string][]byte{},
	}
	e.ended.Go(func() { e.watch(ctx) })
	return e, nil
}

func (e *etcd) entryKey(number uint64) string {
	return fmt.Sprintf("%sjournal/%020d", e.prefix, number)
}

// call gives a question to etcd its time, and notes how it went.
func (e *etcd) call(ctx context.Context, what string, ask func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := ask(bounded)
	if err == nil {
		e.trouble.Store(nil)
		return nil
	}
	if errors.Is(err, rpctypes.ErrNoSpace) {
		err = fmt.Errorf("%w: %w", ErrFull, err)
	}
	err = fmt.Errorf("etcd: %s: %w", what, err)
	if ctx.Err() == nil {
		e.trouble.Store(&err)
	}
	return err
}

func (e *etcd) Put(ctx context.Context, snapshot []byte) (string, error) {
	if len(snapshot) > MaxSnapshot {
		return "",
			fmt.Errorf("a snapshot has at most %d bytes, and this one %d", MaxSnapshot,
				len(snapshot))
	}
	digest := Digest(snapshot)
	key := e.prefix + "snapshots/" + digest
	if _, err := e.Get(ctx, digest); err == nil {
		return digest, nil
	}
	parts := (len(snapshot) + partSize - 1) / partSize
	for i := range parts {
		part := snapshot[i*partSize : min((i+1)*partSize, len(snapshot))]
		if err := e.call(ctx, "store a snapshot", func(ctx context.Context) error {
			_, err := e.client.Put(ctx, fmt.Sprintf("%s/%03d", key, i), string(part))
			return err
		}); err != nil {
			return "", err
		}
	}
	about, err := json.Marshal(parts)
	if err != nil {
		return "", err
	}
	return digest, e.call(ctx, "store a snapshot", func(ctx context.Context) error {
		_, err := e.client.Put(ctx, key, string(about))
		return err
	})
}

// keptSnapshots is how many snapshots stay in memory: nodes ask for the old and the new one, by the
// thousand.
const keptSnapshots = 8

func (e *etcd) Get(ctx context.Context, digest string) ([]byte, error) {
	if !validDigest(digest) {
		return nil, ErrNotFound
	}
	e.mu.Lock()
	data, ok := e.known[digest]
	e.mu.Unlock()
	if ok {
		return data, nil
	}
	key := e.prefix + "snapshots/" + digest
	parts := 0
	err := e.call(ctx, "read a snapshot", func(ctx context.Context) error {
		got, err := e.client.Get(ctx, key)
		if err == nil && len(got.Kvs) == 1 {
			err = json.Unmarshal(got.Kvs[0].Value, &parts)
			ok = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrNotFound
	}
	for i := range parts {
		if err := e.call(ctx, "read a snapshot", func(ctx context.Context) error {
			got, err := e.client.Get(ctx, fmt.Sprintf("%s/%03d", key, i))
			if err == nil && len(got.Kvs) == 1 {
				data = append(data, got.Kvs[0].Value...)
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	if Digest(data) != digest {
		return nil, fmt.Errorf("%w: the snapshot %s has other bytes", ErrDamaged, digest)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.known) >= keptSnapshots {
		clear(e.known)
	}
	e.known[digest] = data
	return data, nil
}

func (e *etcd) Append(ctx context.Context, after uint64, entry []byte) error {
	if err := checkEntry(entry); err != nil {
		return err
	}
	key := e.entryKey(after + 1)
	conditions := []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(key), "=", 0)}
	if after > 0 {
		conditions = append(conditions,
			clientv3.Compare(clientv3.CreateRevision(e.entryKey(after)), ">", 0))
	}
	lost := false
	err := e.call(ctx, "append to the journal", func(ctx context.Context) error {
		done, err := e.client.Txn(ctx).If(conditions...).Then(clientv3.OpPut(key, string(entry))).
			Else(clientv3.OpGet(key)).Commit()
		if err != nil {
			return err
		}
		if lost = !done.Succeeded; lost {
			// The client asks again when an answer does not come, so this may be our own entry.
			if got := done.Responses[0].GetResponseRange().GetKvs(); len(got) == 1 &&
				bytes.Equal(got[0].Value, entry) {
				lost = false
			}
		}
		return nil
	})
	if err == nil && lost {
		return ErrConflict
	}
	if err == nil {
		e.remember(after+1, entry)
	}
	return err
}

func (e *etcd) wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.changed != nil {
		close(e.changed)
		e.changed = make(chan struct{})
	}
}

func (e *etcd) Trouble() error {
	if p := e.trouble.Load(); p != nil {
		return *p
	}
	return nil
}

func (e *etcd) Close() error {
	e.mu.Lock()
	if e.changed == nil {
		e.mu.Unlock()
		return nil
	}
	close(e.changed)
	e.changed = nil
	s := e.session
	e.mu.Unlock()
	if s != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		// others lead at once then, and not only after some seconds
		_, _ = e.client.Revoke(ctx, s.Lease())
		cancel()
		s.Orphan()
	}
	e.cancel()
	err := e.client.Close()
	e.ended.Wait()
	return err
}
