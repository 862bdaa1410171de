// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// login is one way to get a token: a request of /vedauth, or a token that is there already.
type login struct {
	operation, path string
	body            map[string]string
	jwtFile         string // read for the body's jwt
	accessToken     string
	from            string // tells people where it comes from, "" or a sentence and a blank
	// What to do when the login fails, when the token is not valid, and when it lacks a scope.
	failedHint, invalidHint, scopeHint string
}

// ready tells that the token was given and can't be renewed.
func (l *login) ready() bool { return l.accessToken != "" }

const (
	hintReadyInvalid = "The access_token (VENAFI_TOKEN) has expired or was revoked, and an access token that is given is never renewed. Get a " +
		"new one, or let the provider log in with username and password, jwt, or client_certificate and client_key."
	hintLoginInvalid = "The server refuses the token that it gave at a login just now. Check that url and auth_url belong to the same installation."
	hintReadyScope   = "Get an access_token with the scope " + DefaultScope + "."
	hintLoginScope   = "Set scope to \"" + DefaultScope + "\" in the provider's venafi block, and allow it for the API integration that client_id names."
)

// chooseLogin picks the one kind of login that is configured.
func chooseLogin(config Config) (login, error) {
	var kinds []login
	var names []string
	add := func(name string, l login) {
		kinds, names = append(kinds, l), append(names, name)
	}
	scope := cmp.Or(config.Scope, DefaultScope)
	if config.AccessToken != "" {
		add("access_token", login{accessToken: config.AccessToken, invalidHint: hintReadyInvalid, scopeHint: hintReadyScope})
	}
	if config.Username != "" || config.Password != "" {
		add("username and password", login{
			operation: "AuthorizeOAuth", path: "/vedauth/authorize/oauth",
			body:       map[string]string{"username": config.Username, "password": config.Password},
			failedHint: "username and password; a user of another identity provider needs its prefix, such as \"local:name\"",
		})
	}
	if config.JWT != "" || config.JWTFile != "" {
		add("jwt", login{
			operation: "AuthorizeJwt", path: "/vedauth/authorize/jwt",
			body: map[string]string{"jwt": config.JWT}, jwtFile: config.JWTFile,
			failedHint: "that the jwt has not expired, and that the server has a JWT mapping for its issuer and claims",
		})
	}
	if config.ClientCertificate != nil {
		add("client_certificate", login{
			operation: "AuthorizeCertificate", path: "/vedauth/authorize/certificate",
			body:       map[string]string{},
			failedHint: "that the server has client certificate authentication enabled, trusts the issuer of client_certificate, and finds an identity in it",
		})
	}
	switch {
	case len(kinds) == 0:
		return login{}, errors.New("no login: set access_token, username and password, jwt, or client_certificate and client_key")
	case len(kinds) > 1:
		return login{}, fmt.Errorf("more than one kind of login is set: %s", strings.Join(names, ", "))
	}
	l := kinds[0]
	if config.From != "" {
		l.from = "The login is " + config.From + ". "
	}
	if l.ready() {
		l.invalidHint, l.scopeHint = l.from+l.invalidHint, l.from+l.scopeHint
		return l, nil
	}
	if config.ClientID == "" {
		return login{}, fmt.Errorf("client_id is empty: a login with %s needs it", names[0])
	}
	if l.body["username"] == "" && names[0] == "username and password" {
		return login{}, errors.New("username is empty")
	}
	l.body["client_id"], l.body["scope"] = config.ClientID, scope
	l.failedHint = l.from + "Check client_id (the ID of the API integration, upper and lower case included), scope, and " + l.failedHint + "."
	l.invalidHint, l.scopeHint = hintLoginInvalid, hintLoginScope
	return l, nil
}

// LoginError means that there is no token, so that nothing else was asked.
type LoginError struct{ Err error }

// Error says how the login failed.
func (e *LoginError) Error() string { return fmt.Sprintf("login failed: %v", e.Err) }

// Unwrap gives the cause.
func (e *LoginError) Unwrap() error { return e.Err }

// loginAnswer is what every login answers (AuthorizeOAuthResponse in the vendor's OpenAPI). The
// refresh token is not used: it is spent by one use, and a provider has no place to keep the next
// one.
type loginAnswer struct {
	AccessToken string      `json:"access_token"`
	Expires     rest.Number `json:"expires"`    // Unix seconds
	ExpiresIn   rest.Number `json:"expires_in"` // seconds; older servers don't send it
	Identity    rest.Text   `json:"identity"`
	Scope       rest.Text   `json:"scope"`
	// A login that fails may be answered 200 too.
	Error       rest.Text `json:"error"`
	Description rest.Text `json:"error_description"`
}

// token logs in. Each login makes a new grant on the server, so there is one in a run.
func (l *login) token(ctx context.Context, server *rest.Client) (*oauth2.Token, error) {
	if l.ready() {
		return &oauth2.Token{AccessToken: l.accessToken}, nil
	}
	body, err := l.proof(server)
	if err != nil {
		if l.from != "" {
			err = fmt.Errorf("%w. %s", err, strings.TrimSpace(l.from))
		}
		return nil, &LoginError{Err: err}
	}
	var answer loginAnswer
	err = server.Do(ctx, rest.Request{
		Operation: l.operation,
		Method:    http.MethodPost,
		Path:      l.path,
		Body:      body,
		Kind:      rest.Login,
		Decode: func(status int, header http.Header, body io.Reader) error {
			if err := rest.DecodeJSON(&answer)(status, header, body); err != nil || answer.Error == "" {
				return err
			}
			return &rest.Error{Code: string(answer.Error), Message: string(answer.Description)}
		},
	})
	if err != nil {
		e, ok := errors.AsType[*rest.Error](err)
		switch {
		case ok && (answer.Error != "" || e.Status >= 400 && e.Status < 500 && e.Status != http.StatusTooManyRequests):
			err = withHint(err, l.refusedHint(e, server.Redact(l.body["scope"])))
		case ok:
			err = withHint(err, strings.TrimSpace(l.from+e.Hint))
		}
		return nil, &LoginError{Err: err}
	}
	if answer.AccessToken == "" {
		return nil, &LoginError{Err: fmt.Errorf("%s: %s: the server answered without an access token", serviceName, l.operation)}
	}
	token := &oauth2.Token{AccessToken: answer.AccessToken, Expiry: expiry(answer.ExpiresIn, answer.Expires, time.Now())}
	return token.WithExtra(map[string]any{"identity": string(answer.Identity), "scope": string(answer.Scope)}), nil
}

// refusedHint says what to do about a login that the server refused: who asks was right where it is
// the scope that is refused. scope is what was asked for, as it may be shown: people set a password
// in its place.
func (l *login) refusedHint(e *rest.Error, scope string) string {
	if !strings.EqualFold(e.Code, "invalid_scope") {
		return l.failedHint
	}
	return l.from + fmt.Sprintf("Check scope, which is %q: the API integration that client_id names must allow all of it, and so must the rule that lets this "+
		"identity use it.", scope)
}

// proof is the body of a login. A token in a file is read again each time: pipelines replace it.
func (l *login) proof(server *rest.Client) (map[string]string, error) {
	jwt, err := l.jwt()
	if err != nil || jwt == "" {
		return l.body, err
	}
	server.Hide(jwt)
	body := maps.Clone(l.body)
	body["jwt"] = jwt
	return body, nil
}

// jwt is the JSON Web Token that logs in, "" where something else does.
func (l *login) jwt() (string, error) {
	if l.jwtFile == "" {
		return l.body["jwt"], nil
	}
	text, err := shared.ReadFile(l.jwtFile)
	if err != nil {
		return "", fmt.Errorf("jwt_file: %w", err)
	}
	jwt := strings.TrimSpace(string(text))
	if jwt == "" {
		return "", fmt.Errorf("jwt_file: %s is empty", l.jwtFile)
	}
	return jwt, nil
}

// Close revokes the token that the client got for itself, if it did. The client must not be used
// afterwards.
func (c *Client) Close(ctx context.Context) error {
	if c.login.ready() {
		return nil
	}
	token := c.tokens.Current()
	if token == nil {
		return nil
	}
	return c.RevokeToken(ctx, token.AccessToken)
}

// expiry prefers the life of the token by this machine's clock to the server's idea of the time.
// Without either the token is used until it is refused.
func expiry(expiresIn, expires rest.Number, now time.Time) time.Time {
	if seconds, ok := expiresIn.Int(); ok && seconds > 0 {
		return now.Add(time.Duration(min(seconds, math.MaxInt64/int64(time.Second))) * time.Second)
	}
	if unix, ok := expires.Int(); ok && unix > 0 {
		return time.Unix(unix, 0)
	}
	return time.Time{}
}

// Token is a token of its own, for somebody else to use.
type Token struct {
	AccessToken string
	// Expires is zero where the server doesn't say.
	Expires time.Time
}

// Login gets a token of its own, apart from the one that the client uses, for the same identity.
// Empty arguments are those that the client was made with.
func (c *Client) Login(ctx context.Context, clientID, scope string) (Token, error) {
	if c.login.ready() {
		return Token{}, errors.New("an access_token is given, and another token cannot be got with it: configure username and password, " +
			"jwt, or client_certificate and client_key")
	}
	l := c.login
	l.body = map[string]string{}
	for key, value := range c.login.body {
		l.body[key] = value
	}
	l.body["client_id"], l.body["scope"] = cmp.Or(clientID, l.body["client_id"]), cmp.Or(scope, l.body["scope"])
	token, err := l.token(ctx, c.auth)
	if err != nil {
		return Token{}, err
	}
	return Token{AccessToken: token.AccessToken, Expires: token.Expiry}, nil
}

// RevokeToken ends a token before its time (vendor page "GET Revoke/Token"). 202 means that the
// server did not revoke it.
func (c *Client) RevokeToken(ctx context.Context, accessToken string) error {
	return c.auth.Do(ctx, withToken(rest.Request{
		Operation: "RevokeToken",
		Path:      "/vedauth/revoke/token",
		Kind:      rest.Login,
		Decode:    revoked,
	}, &oauth2.Token{AccessToken: accessToken}))
}

// TokenGrant is what the server says of a token.
type TokenGrant struct {
	// Identity is the prefixed universal ID of whom it belongs to.
	Identity, Scope, Application string
	// Expires is when the access token ends; zero means never, or not known.
	Expires time.Time
}

// Verify asks what a token is good for (vendor page "GET Authorize/Verify").
func (c *Client) Verify(ctx context.Context, accessToken string) (TokenGrant, error) {
	var answer struct {
		Identity    rest.Text   `json:"identity"`
		Scope       rest.Text   `json:"scope"`
		Application rest.Text   `json:"application"`
		Issued      rest.Number `json:"access_issued_on_unix_time"`
		ValidFor    rest.Number `json:"valid_for"` // seconds, from the beginning
	}
	err := c.auth.Do(ctx, withToken(rest.Request{
		Operation: "AuthorizeVerify",
		Path:      "/vedauth/authorize/verify",
		Kind:      rest.Login,
		Decode:    rest.DecodeJSON(&answer),
	}, &oauth2.Token{AccessToken: accessToken}))
	if err != nil {
		if tokenInvalid(err) {
			err = withHint(err, c.login.invalidHint)
		}
		return TokenGrant{}, err
	}
	grant := TokenGrant{Identity: string(answer.Identity), Scope: string(answer.Scope), Application: string(answer.Application)}
	issued, ok := answer.Issued.Int()
	if validFor, ok2 := answer.ValidFor.Int(); ok && ok2 && validFor > 0 {
		grant.Expires = time.Unix(issued, 0).Add(time.Duration(min(validFor, math.MaxInt64/int64(time.Second))) * time.Second)
	}
	return grant, nil
}
