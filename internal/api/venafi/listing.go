// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	// maxListing is the longest answer of ListRoles, unpacked, and maxRoles how many roles it may
	// list: beyond either it would not fit into the memory of most machines. It is decoded as it
	// arrives.
	maxListing = 256 << 20
	maxRoles   = 1_000_000
	// maxUnread is how many rows that can't be read an error shows, and maxUnreadLength how much of
	// each.
	maxUnread       = 3
	maxUnreadLength = 200
)

// maxElement is how much of an answer may come between the ends of two roles, and is held at once:
// a role takes some 120 bytes.
const maxElement = 1 << 20

var errElementLength = errors.New("an element is too long")

// leash ends an answer of which more has to be held than maxElement.
type leash struct {
	io.Reader

	left int
}

func (l *leash) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errElementLength
	}
	n, err := l.Reader.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// Listing is one answer of ListRoles: what the service said, which nobody changes.
type Listing struct {
	// Started is when it was asked for.
	Started time.Time

	grants map[Key]Grant
	rules  map[Key]Rule // where the grants are rules
	// byGrantee and byHolding find the grants of one grantee, and of one role on one application.
	byGrantee map[string][]Key
	byHolding map[Holding][]Key
	unread    []string
	unreads   int
}

func newListing(started time.Time) *Listing {
	return &Listing{Started: started, grants: map[Key]Grant{}, byGrantee: map[string][]Key{}, byHolding: map[Holding][]Key{}}
}

func (l *Listing) add(g Grant) {
	if !g.Role.OfApplication() {
		g.ApplicationID = ""
	}
	key := g.Key()
	if _, ok := l.grants[key]; ok {
		return
	}
	l.grants[key] = g
	l.byGrantee[key.grantee] = append(l.byGrantee[key.grantee], key)
	l.byHolding[key.Holding()] = append(l.byHolding[key.Holding()], key)
}

// addUnread counts a row that can't be read, and keeps the first of them for an error.
func (l *Listing) addUnread(row []byte) {
	if l.unreads++; len(l.unread) < maxUnread {
		l.unread = append(l.unread, rest.Excerpt(row, maxUnreadLength))
	}
}

// Find returns a grant as the service spells it.
func (l *Listing) Find(key Key) (Grant, bool) {
	g, ok := l.grants[key]
	return g, ok
}

// Rule returns the rule that a grant is.
func (l *Listing) Rule(key Key) (Rule, bool) {
	r, ok := l.rules[key]
	return r, ok
}

// OfGrantee returns what one identity holds.
func (l *Listing) OfGrantee(grantee string) iter.Seq[Grant] {
	return l.each(l.byGrantee[CanonicalGrantee(grantee)])
}

// OfHolding returns who holds a role, on an application or on everything.
func (l *Listing) OfHolding(h Holding) iter.Seq[Grant] { return l.each(l.byHolding[h]) }

// All returns everything.
func (l *Listing) All() iter.Seq[Grant] { return maps.Values(l.grants) }

func (l *Listing) each(keys []Key) iter.Seq[Grant] {
	return func(yield func(Grant) bool) {
		for _, key := range keys {
			if !yield(l.grants[key]) {
				return
			}
		}
	}
}

// Unread is an error that shows the rows that could not be read; nil when there is none. They may
// be of anybody: where something is looked for and not found, it is not known to be gone.
func (l *Listing) Unread() error {
	if l.unreads == 0 {
		return nil
	}
	return &UnreadRowsError{Rows: l.unread, Count: l.unreads}
}

// UnreadRowsError means that ListRoles answered rows that this client can't read.
type UnreadRowsError struct {
	// Rows are the first of them as the service wrote them, in quotes, and Count is how many there
	// are.
	Rows  []string
	Count int
}

// Error shows them.
func (e *UnreadRowsError) Error() string {
	text := strings.Join(e.Rows, ", ")
	if n := e.Count - len(e.Rows); n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	rows := "a role"
	if e.Count > 1 {
		rows = fmt.Sprintf("%d roles", e.Count)
	}
	return fmt.Sprintf("%s: ListRoles: the server lists %s in a form that can't be read, so that nothing that is missed is known to be gone: %s", serviceName, rows, text)
}

// ListRoles asks for all roles that the caller may see (vendor page "POST OAuth/ListRoles"). The
// service has neither a filter nor pages.
func (c *Client) ListRoles(ctx context.Context) (*Listing, error) {
	var listed *Listing
	started := time.Now()
	err := c.call(ctx, c.api, rest.Request{
		Operation: "ListRoles",
		Method:    http.MethodPost,
		Path:      "/vedsdk/oauth/listroles",
		Body:      struct{}{},
		Decode: func(_ int, _ http.Header, body io.Reader) error {
			listed = newListing(started)
			return decodeRoles(body, listed.add, listed.addUnread)
		},
		MaxBodyBytes: maxListing,
	})
	if err != nil {
		return nil, err
	}
	return listed, nil
}

// listedRole is one element of Roles. A role of the whole installation has no ApplicationId, or
// null.
type listedRole struct {
	Grantee       *strictText `json:"Grantee"`
	Role          *integer    `json:"Role"`
	ApplicationID *strictText `json:"ApplicationId"`

	unread []byte // all of it, where it is no role
}

// UnmarshalJSON never fails: one row that can't be read must not hide all others.
func (r *listedRole) UnmarshalJSON(b []byte) error {
	type plain listedRole
	if json.Unmarshal(b, (*plain)(r)) != nil || r.Role == nil || r.Grantee == nil || *r.Grantee == "" {
		r.unread = bytes.Clone(b)
	}
	return nil
}

func (r *listedRole) grant() Grant {
	g := Grant{Grantee: string(*r.Grantee), Role: Role(*r.Role)}
	if r.ApplicationID != nil {
		g.ApplicationID = string(*r.ApplicationID)
	}
	return g
}

// strictText is a text, and nothing else.
type strictText string

// UnmarshalJSON is quick for what nearly all of a long listing is.
func (t *strictText) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		*t = strictText(b[1 : len(b)-1])
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// integer is a whole number, in whatever way it is written: 6, 6.0, "6".
type integer int

// UnmarshalJSON fails for anything else.
func (i *integer) UnmarshalJSON(b []byte) error {
	value, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || value != math.Trunc(value) || math.Abs(value) > math.MaxInt32 {
		return errors.New("no whole number")
	}
	*i = integer(value)
	return nil
}

// decodeRoles reads {"Result":0,"Success":true,"Roles":[…]} with its keys in any order, without
// holding all of it. What was yielded counts only if there is no error. What is no role in any
// known form goes to unread as it is.
func decodeRoles(body io.Reader, yield func(Grant), unread func(row []byte)) error {
	const window = 512
	leash := &leash{Reader: body, left: maxElement}
	reader := bufio.NewReaderSize(transform.NewReader(leash, encoding.UTF8Validator), 64<<10)
	start, _ := reader.Peek(window)
	start = bytes.Clone(start)
	if trimmed := bytes.TrimSpace(start); len(trimmed) == 0 || trimmed[0] != '{' {
		// A page for people, nothing at all, or JSON of another shape.
		all, _ := io.ReadAll(io.LimitReader(reader, 64<<10))
		var e envelope
		if err := rest.UnmarshalJSON(all, &e); err != nil {
			return err
		}
		return e.failure()
	}
	d := &rolesDecoder{Decoder: json.NewDecoder(reader), leash: leash, yield: yield, unread: unread}
	e, err := d.object()
	if err != nil {
		switch {
		case errors.Is(err, encoding.ErrInvalidUTF8):
			return rest.NotUTF8()
		case errors.Is(err, errTooMany):
			return &rest.Error{Message: fmt.Sprintf("answered more than %d roles", maxRoles)}
		case errors.Is(err, errElementLength):
			return &rest.Error{Message: fmt.Sprintf("answered JSON in which one element is longer than %d bytes", maxElement)}
		}
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok || errors.Is(err, errRolesShape) {
			return &rest.Error{Message: "answered JSON of an unexpected shape", Err: err}
		}
		return &rest.Error{Message: "answered JSON that is cut off or damaged", Transient: true, Err: err}
	}
	if err := e.failure(); err != nil {
		return err
	}
	if !d.listed {
		return &rest.Error{Message: "answered success without a list of roles"}
	}
	return nil
}

// rolesDecoder reads an answer of ListRoles.
type rolesDecoder struct {
	*json.Decoder

	leash  *leash
	yield  func(Grant)
	unread func([]byte)
	count  int
	listed bool // Roles was there
}

func (d *rolesDecoder) object() (*envelope, error) {
	if _, err := d.Token(); err != nil { // the opening brace
		return nil, err
	}
	e := &envelope{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		switch strings.ToLower(key) {
		case "success":
			err = d.Decode(&e.Success)
		case "result":
			err = d.Decode(&e.Result)
		case "error":
			err = d.Decode(&e.Error)
		case "roles":
			err = d.array()
		default:
			err = d.Decode(new(json.RawMessage))
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the end")
	}
	return e, nil
}

var (
	errRolesShape = errors.New("Roles is no list")
	errTooMany    = errors.New("too many roles")
)

func (d *rolesDecoder) array() error {
	token, err := d.Token()
	switch {
	case err != nil:
		return err
	case token == nil: // null
		return nil
	case token != json.Delim('['):
		return errRolesShape
	}
	d.listed = true
	for d.More() {
		var listed listedRole
		if err := d.Decode(&listed); err != nil {
			return err
		}
		d.leash.left = maxElement
		if d.count++; d.count > maxRoles {
			return errTooMany
		}
		if listed.unread != nil {
			d.unread(listed.unread)
			continue
		}
		d.yield(listed.grant())
	}
	_, err = d.Token()
	return err
}
