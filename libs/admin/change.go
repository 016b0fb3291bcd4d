package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// changeTimeout bounds one reload or rollback. A request may have to wait for the one that runs and
// for its own.
const changeTimeout = 30 * time.Second

func (s *Server) reload(w http.ResponseWriter, r *http.Request, _ string) {
	s.change(w, r, s.turns.share, s.options.Reload)
}

func (s *Server) rollback(w http.ResponseWriter, r *http.Request, _ string) {
	s.change(w, r, s.turns.take, s.options.Rollback)
}

// change makes a change in its turn and answers with the receipt.
func (s *Server) change(
	w http.ResponseWriter, r *http.Request,
	turn func(context.Context, func() Receipt) (Receipt, bool), do func(context.Context) Receipt,
) {
	// The server's deadlines are for requests that are answered at once. Where there is no
	// connection there are none.
	c, until := http.NewResponseController(w), time.Now().Add(2*changeTimeout+writeTimeout)
	_, _ = c.SetReadDeadline(until), c.SetWriteDeadline(until)
	receipt, ok := turn(r.Context(), func() Receipt {
		if s.options.Snapshot().State == Draining {
			return Receipt{Result: Refused, Reason: ReasonDraining}
		}
		ctx, cancel := context.WithTimeout(s.life, changeTimeout)
		defer cancel()
		return do(ctx)
	})
	switch {
	case !ok && r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is there to be answered
	case !ok:
		fail(w, gwerr.Internal, "the reload that this request shared failed; the log tells of it")
	case receipt.Reason == ReasonDraining:
		fail(w, gwerr.Draining, "the gateway is shutting down; its configuration stays as it is")
	case receipt.Reason == ReasonNothing:
		answer(w, http.StatusConflict, receipt)
	case receipt.Result == Refused:
		answer(w, http.StatusUnprocessableEntity, receipt)
	default:
		answer(w, http.StatusOK, receipt)
	}
}

func (s *Server) startDrain(w http.ResponseWriter, _ *http.Request, _ string) {
	select {
	case <-s.drain:
		s.options.Drain()
	default: // started before
	}
	answer(w, http.StatusAccepted, StateAnswer{Status: Draining})
}
