// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package shared

import (
	"context"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// renewBefore is how long before its end a token is replaced.
	renewBefore = time.Minute
	// tooShort is the life below which a token is used until the service refuses it: asking for
	// another would ask without end where a service hands out the same token until it has ended.
	tooShort = 2 * time.Second
)

// Tokens hands out one token to all callers, gets it once however many ask, and gets another one a
// minute before it ends or when the service has refused it. A token that lives less than two
// minutes is renewed after half its life.
type Tokens struct {
	reading *Reading[*issued]
	now     func() time.Time

	mu    sync.Mutex
	after Moment // tokens that were asked for up to this moment are not used any more
}

type issued struct {
	token *oauth2.Token
	renew time.Time // zero: when the service refuses it
}

// NewTokens returns the tokens that fetch gets. A token with a zero Expiry is used until it is
// refused.
func NewTokens(fetch func(ctx context.Context) (*oauth2.Token, error)) *Tokens {
	t := &Tokens{now: time.Now}
	t.reading = NewReading(func(ctx context.Context, _ Moment) (*issued, error) {
		token, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		return &issued{token: token, renew: t.renewal(token.Expiry)}, nil
	})
	return t
}

func (t *Tokens) renewal(expiry time.Time) time.Time {
	life := expiry.Sub(t.now())
	if expiry.IsZero() || life < tooShort {
		return time.Time{}
	}
	return expiry.Add(-min(renewBefore, life/2))
}

// Token returns the token to use now. All callers that are not refused get the same pointer.
func (t *Tokens) Token(ctx context.Context) (*oauth2.Token, error) {
	for {
		t.mu.Lock()
		after := t.after
		t.mu.Unlock()
		got, err := t.reading.Get(ctx, after)
		if err != nil {
			return nil, err
		}
		if got.renew.IsZero() || t.now().Before(got.renew) {
			return got.token, nil
		}
		t.Drop(got.token)
	}
}

// Current returns the token that was got last and is still in use, nil when there is none. It gets
// none.
func (t *Tokens) Current() *oauth2.Token {
	t.mu.Lock()
	defer t.mu.Unlock()
	current, begun := t.reading.Peek()
	if current == nil || begun <= t.after {
		return nil
	}
	return current.token
}

// Drop takes a token that the service has refused out of use. Nothing happens when another one has
// replaced it already, so that many callers that are refused at once ask for one new token.
func (t *Tokens) Drop(token *oauth2.Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if current, begun := t.reading.Peek(); begun > t.after && current.token == token {
		t.after = t.reading.Now()
	}
}

// Source returns the tokens as an oauth2.TokenSource that asks on behalf of ctx.
func (t *Tokens) Source(ctx context.Context) oauth2.TokenSource {
	return source{ctx: ctx, tokens: t}
}

type source struct {
	ctx    context.Context //nolint:containedctx // oauth2.TokenSource has no context of its own.
	tokens *Tokens
}

func (s source) Token() (*oauth2.Token, error) { return s.tokens.Token(s.ctx) }
