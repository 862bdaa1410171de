// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package venafi is a client of Venafi Trust Protection Platform (CyberArk Certificate Manager,
// Self-Hosted): logins, calls and listings. What the calls add up to is the business of grantset.
// Neither knows anything of Terraform.
package venafi

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

const (
	// serviceName is how errors and logs call the service.
	serviceName = "Venafi"
	// DefaultScope is asked for where no scope is set: roles need admin, identities need
	// configuration.
	DefaultScope = "admin;configuration"
	// writeGrace is how long a write in flight may go on after its context has ended, so that its
	// outcome is known.
	writeGrace = 800 * time.Millisecond
	// defaultWait is the first pause before something is tried again.
	defaultWait = 2500 * time.Millisecond
	// patience is how long a call goes on with new tokens.
	patience = time.Minute
)

// Config describes a Client. Exactly one kind of login is set: AccessToken, Username and Password,
// JWT, or ClientCertificate.
type Config struct {
	// Rest holds the knobs that all services share: user agent, TLS, timeouts, retries, quota,
	// concurrency, logger. New sets Service, BaseURL, HTTP1Only, ClientCertificate and Classify.
	Rest rest.Config
	// URL is the server's address as people paste it, with or without /vedsdk. Required.
	URL string
	// AuthURL is the address of the authentication server, with or without /vedauth; "" is URL.
	AuthURL string
	// AccessToken is used as it is: never renewed, never revoked.
	AccessToken string
	// ClientID is the ID of the API integration; the three logins need it.
	ClientID string
	// Username may carry a prefix such as "local:".
	Username, Password string
	JWT                string
	// JWTFile holds the token in the place of JWT, and is read again at each login.
	JWTFile           string
	ClientCertificate *tls.Certificate
	// From tells people where the login comes from; "" where there is nothing to tell.
	From string
	// Scope is what the logins ask for; "" is DefaultScope.
	Scope string
}

// Client calls one installation as one identity. It is safe for concurrent use; one is shared by
// everybody in a run, so that there is one login, one quota and one listing of the roles.
type Client struct {
	url    string
	api    *rest.Client // below URL
	auth   *rest.Client // below AuthURL; the same as api where that is the same server
	login  login
	tokens *shared.Tokens
	quota  rest.Quota
	oauth  oauthReadings
	self   *shared.Reading[string] // whom a token that was given belongs to
	own    *shared.Reading[OwnRole]
	tries  int
	wait   time.Duration

	patience time.Duration
}

// New makes a client. Its errors name what is wrong in the configuration; nothing is sent.
func New(config Config) (*Client, error) {
	url, err := BaseURL(config.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	authURL, err := BaseURL(cmp.Or(config.AuthURL, config.URL))
	if err != nil {
		return nil, fmt.Errorf("auth_url: %w", err)
	}
	c := &Client{
		url: url, quota: config.Rest.Quota, tries: config.Rest.MaxRetries, wait: cmp.Or(config.Rest.RetryWaitMin, defaultWait), patience: patience,
	}
	if c.login, err = chooseLogin(config); err != nil {
		return nil, err
	}
	core := config.Rest
	core.Service = serviceName
	core.HTTP1Only = true // IIS renegotiates TLS to ask for a client certificate, which HTTP/2 forbids
	core.Classify = classify
	core.BaseURL, core.AddressFrom = url, "url"
	if url == authURL {
		core.ClientCertificate = config.ClientCertificate
	}
	if c.api, err = rest.New(core); err != nil {
		return nil, err
	}
	c.auth = c.api
	if url != authURL {
		core.BaseURL, core.AddressFrom, core.ClientCertificate = authURL, "auth_url", config.ClientCertificate
		if c.auth, err = rest.New(core); err != nil {
			return nil, err
		}
	}
	c.tokens = shared.NewTokens(func(ctx context.Context) (*oauth2.Token, error) {
		return c.login.token(ctx, c.auth)
	})
	c.self = shared.NewReading(c.askWhoAmI)
	c.own = shared.NewReading(func(ctx context.Context, _ shared.Moment) (OwnRole, error) { return c.GetRole(ctx) })
	return c, nil
}

// Place is the address of the server, by which a state can tell one installation from another.
func (c *Client) Place() string { return c.url }

// Retries are how often a write may be tried again after a listing has shown that it was lost, and
// the first pause before that.
func (c *Client) Retries() (tries int, wait time.Duration) { return c.tries, c.wait }

// Pause is the wait before the next try, from 0.
func (c *Client) Pause(try int) time.Duration {
	d := min(c.wait<<min(try, 10), time.Minute)
	return d + rand.N(d/4+1)
}

// MaxConcurrent is the number of requests that may be in flight.
func (c *Client) MaxConcurrent() int { return c.api.MaxConcurrent() }

// Quota is how many requests of each kind the client sends in any 60 seconds; 0 is unlimited.
func (c *Client) Quota() rest.Quota { return c.quota }

// QuotaWait is how long requests that wait for the quota have to wait yet, 0 when none does.
func (c *Client) QuotaWait() time.Duration { return max(c.api.QuotaWait(), c.auth.QuotaWait()) }

// call sends a request with the run's token. When the service says that the token is not valid, it
// logs in and sends again for as long as each login brings another token: where tokens live short,
// one may have ended on the way more than once. It gives up when the same token is refused twice,
// or after a while. A lack of rights or scope, which the service also answers with 401 and 403, is
// no reason to log in again.
func (c *Client) call(ctx context.Context, server *rest.Client, r rest.Request) error {
	source := c.tokens.Source(ctx)
	refused := map[string]bool{}
	end := time.Now().Add(c.patience)
	for {
		token, err := source.Token()
		if err != nil {
			return err
		}
		err = server.Do(ctx, withToken(r, token))
		switch {
		case err == nil:
			return nil
		case !tokenInvalid(err):
			return c.explain(ctx, server, r, token, err)
		case refused[token.AccessToken] || c.login.ready() || tokenMalformed(err) || time.Now().After(end):
			return withHint(err, c.login.invalidHint)
		}
		if len(refused) > 0 { // the first may just have ended; a server that refuses new ones is not to be flooded with logins
			if err := shared.Sleep(ctx, min(c.wait<<(len(refused)-1), time.Minute)); err != nil {
				return err
			}
		}
		refused[token.AccessToken] = true
		c.tokens.Drop(token)
	}
}

// Send sends a request with the run's token, and reads no envelope: for who looks at the raw wire.
func (c *Client) Send(ctx context.Context, r rest.Request) error { return c.call(ctx, c.api, r) }

// SendAs sends a request with a token of the caller's, as it is; "" is none.
func (c *Client) SendAs(ctx context.Context, accessToken string, r rest.Request) error {
	server := c.api
	if strings.HasPrefix(r.Path, "/vedauth/") {
		server = c.auth
	}
	if accessToken != "" {
		r = withToken(r, &oauth2.Token{AccessToken: accessToken})
	}
	return server.Do(ctx, r)
}

func withToken(r rest.Request, token *oauth2.Token) rest.Request {
	header := maps.Clone(r.Header)
	if header == nil {
		header = http.Header{}
	}
	header.Set("Authorization", token.Type()+" "+token.AccessToken)
	r.Header = header
	return r
}

// explain adds what to do about a lack of rights or scope.
func (c *Client) explain(ctx context.Context, server *rest.Client, r rest.Request, token *oauth2.Token, err error) error {
	switch {
	case lacksScope(err):
		need := "admin"
		if scopes[r.Operation] != "" {
			need = scopes[r.Operation]
		}
		has := "The token"
		if scope := c.scopeOf(ctx, token); scope != "" {
			has = fmt.Sprintf("The token has the scope %q, and", server.Redact(scope))
		}
		return withHint(err, fmt.Sprintf("%s needs the scope %s. %s", has, need, c.login.scopeHint))
	case lacksRights(err):
		return withHint(err, rightsHints[r.Operation])
	}
	return err
}

// scopeOf returns the scope of a token, "" where it can't be found out.
func (c *Client) scopeOf(ctx context.Context, token *oauth2.Token) string {
	if scope, _ := token.Extra("scope").(string); scope != "" {
		return scope
	}
	grant, err := c.Verify(ctx, token.AccessToken)
	if err != nil {
		return ""
	}
	return grant.Scope
}

// withHint replaces the hint of a service's error.
func withHint(err error, hint string) error {
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || hint == "" {
		return err
	}
	hinted := *e
	hinted.Hint = hint
	return &hinted
}
