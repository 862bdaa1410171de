// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/probe"
)

const (
	// lag is how long a write may take that nobody answered.
	lag = 4 * time.Second
	// lists is how often a list is read that may be late.
	lists = 5
	grace = 2 * time.Second
	// maintainer and auditor are the roles that are granted.
	maintainer, auditor = 2, 1
	manyRows            = 3
	sameReads           = 8
)

// row is an object of an answer as it came.
type row map[string]json.RawMessage

// text is a field as text, whatever its type; "" is left out or null.
func (r row) text(key string) string {
	text := strings.Trim(string(r[key]), `"`)
	var quoted string
	if json.Unmarshal(r[key], &quoted) == nil {
		return quoted
	}
	return strings.TrimPrefix(text, "null")
}

func (r row) object(key string) (inner row) {
	_ = json.Unmarshal(r[key], &inner) // what is no object has no fields
	return inner
}

// grantee, role and application are those of a row of ListRoles in any of its forms.
func (r row) grantee() string {
	if id := r.object("Grantee").text("PrefixedUniversal"); id != "" {
		return id
	}
	return r.text("Grantee") + r.text("GranteePrefixedUniversal")
}

func (r row) role() int {
	text := r.text("Role")
	if i := slices.Index([]string{"", "auditor", "application_maintainer", "application_owner", "", "grant_admin", "admin"}, text); i > 0 {
		return i
	}
	n, _ := strconv.ParseFloat(text, 64) // another name is no role that is granted here
	return int(n)
}

func (r row) application() string { return r.text("ApplicationId") }

// answer is what came, as it came.
type answer struct {
	probe.Exchange
	row
}

// String is how an answer is spoken of: without its words, which may hold names.
func (a answer) String() string {
	text := strconv.Itoa(a.Status) + " " + a.text("error")
	if a.Status >= http.StatusBadRequest {
		text += a.text("Error")
	}
	return strings.Join(strings.Fields(text+" "+a.text("Result")), " ")
}

// ok tells whether a call of OAuth did what it should.
func (a answer) ok() bool { return a.Status == http.StatusOK && a.text("Result") == "0" }

// rows are the elements of a list: false where there is none.
func (a answer) rows(key string) (rows []row, present bool) {
	present = json.Unmarshal(a.row[key], &rows) == nil && rows != nil
	return rows, present
}

// first is an object, or the first of a list.
func (a answer) first(object, list string) row {
	if rows, _ := a.rows(list); len(rows) > 0 {
		return rows[0]
	}
	return a.object(object)
}

// read makes an answer of what came last.
func (s *subject) read(err error) (answer, error) {
	if e, ok := errors.AsType[*rest.Error](err); err != nil && (!ok || e.Status == 0) {
		return answer{}, err
	}
	a := answer{Exchange: s.env.Wire.Last()}
	_ = json.Unmarshal(a.Body, &a.row) // what is no JSON has no fields
	return a, nil
}

// call makes a call of OAuth that reads, and returns the answer whatever it says. An error is that
// there was none.
func (s *subject) call(ctx context.Context, operation string, body any) (answer, error) {
	if body == nil {
		body = struct{}{}
	}
	return s.read(s.client.Send(ctx, rest.Request{Operation: operation, Method: http.MethodPost, Path: "/vedsdk/oauth/" + strings.ToLower(operation), Body: body}))
}

// grantRole and createRule note what has to be put back before they write.
func (s *subject) grantRole(ctx context.Context, g grant) (answer, error) {
	if !slices.Contains(s.granted, g) {
		s.granted = append(s.granted, g)
	}
	return s.write(ctx, "GrantRole", g)
}

func (s *subject) createRule(ctx context.Context, r rule, fields map[string]any) (answer, error) {
	if !slices.Contains(s.ruled, r) {
		s.ruled = append(s.ruled, r)
	}
	fields["TrusteePrefixedUniversal"], fields["ApplicationId"] = r.Trustee, r.ApplicationID
	return s.write(ctx, "CreateRule", fields)
}

// write makes a call that writes.
func (s *subject) write(ctx context.Context, operation string, body any) (answer, error) {
	a, err := s.read(s.client.Send(ctx, rest.Request{
		Operation: operation, Method: http.MethodPost, Path: "/vedsdk/oauth/" + strings.ToLower(operation), Body: body,
		Kind: rest.Write, Repeat: rest.RepeatUnsent, Grace: grace,
	}))
	s.unsure = s.unsure || err != nil
	return a, err
}

// done is the error of a write that has to be done.
func done(a answer, err error) error {
	if err == nil && !a.ok() {
		err = fmt.Errorf("the server refuses %s: %s", a.URL.Path, a)
	}
	return err
}

// identity asks who somebody is.
func (s *subject) identity(ctx context.Context, key, id string) (answer, error) {
	return s.read(s.client.Send(ctx, rest.Request{
		Operation: "IdentityValidate", Method: http.MethodPost, Path: "/vedsdk/identity/validate", Body: map[string]any{"ID": map[string]string{key: id}},
	}))
}

func (s *subject) application(ctx context.Context, id string) (answer, error) {
	return s.call(ctx, "GetApplication", map[string]string{"ApplicationId": id})
}

// awaitRule reads until a rule is there, or gone, and returns it: nil is gone.
func (s *subject) awaitRule(ctx context.Context, wanted rule, there bool) (found row, err error) {
	for range lists {
		a, err := s.call(ctx, "GetRules", map[string]string{"ApplicationId": wanted.ApplicationID})
		if err != nil {
			return nil, err
		}
		rows, _ := a.rows("Rules")
		if !a.ok() && a.text("Result") != "2" { // an application that is gone has none
			return nil, fmt.Errorf("GetRules: %s", a)
		}
		found = nil
		for _, r := range rows {
			if same(r.text("TrusteePrefixedUniversal"), wanted.Trustee) {
				found = r
			}
		}
		if (found != nil) == there {
			break
		}
	}
	return found, nil
}

// await reads the roles of the scratch identities until they are as wanted, a few times.
func (s *subject) await(ctx context.Context, wanted func([]row) bool) (mine []row, err error) {
	for range lists {
		a, err := s.call(ctx, "ListRoles", nil)
		if err != nil {
			return nil, err
		}
		rows, present := a.rows("Roles")
		if !a.ok() || !present {
			return nil, fmt.Errorf("ListRoles: %s", a)
		}
		mine = slices.DeleteFunc(rows, func(r row) bool { return !s.scratch(r.grantee()) })
		if wanted(mine) {
			break
		}
	}
	return mine, nil
}

// scratch tells whether an identity is one that the run grants to.
func (s *subject) scratch(id string) bool {
	return same(id, s.nobody) || s.name != "" && same(id, s.name) || slices.ContainsFunc(s.targets.grantees, func(own string) bool { return same(own, id) })
}

// same tells whether two spellings may mean one identity.
func same(a, b string) bool { return strings.EqualFold(unbraced(a), unbraced(b)) }

var braces = strings.NewReplacer("{", "", "}", "")

func unbraced(id string) string { return braces.Replace(id) }
