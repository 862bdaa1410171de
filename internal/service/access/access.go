// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package access is the life of every resource that grants access: create, read, update, delete,
// plan, import, move, timeouts, guards, warnings, and the truth of the state after a failure. It
// knows no service.
//
// # How to port a resource
//
//  1. S is the set in the terms of the service: targets, accounts, and what the private state has
//     to remember of them.
//  2. M is the struct of the schema; its pointer implements [Model]. Known, Set and Track convert,
//     and nothing else.
//  3. Write a [Service] around the opened client: Place, Identity, Read, Import, Diff, Apply,
//     Explain.
//  4. Diff says what an [Order] changes. It is the function that Apply uses too, so that a plan and
//     its apply can't disagree.
//  5. Apply asks Order.Approve before the first request, revokes only what Order.Prior lists, and
//     returns what is true then.
//  6. A create that fails and has granted something names it in Outcome.Undo: the lifecycle revokes
//     it, and the state stays empty.
//  7. Fill in a [Definition]: names, timeouts, how to connect, and what the service keeps of one
//     plan.
//  8. type xResource struct{ access.Resource[xModel, *xModel, xSet] }, made by [New], with Schema,
//     IdentitySchema and, where the schema needs it, ValidateConfig.
//  9. Definition.Prepare fills in the plan what only the provider knows, and reports conflicts, see
//     [service.Claims].
//  10. An additive and an exclusive resource are one type with two definitions; Definition.Sibling
//     makes `moved` work.
package access

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

// Values of on_destroy.
const (
	Revoke = "revoke"
	Keep   = "keep"
)

// Model is a plan or a state: M is its struct, S the same in the service's terms.
type Model[M, S any] interface {
	*M
	// Known tells whether all that decides about requests is known.
	Known() bool
	// Set converts the model. Everything that Known looks at is known.
	Set() S
	// Track makes the model say what is granted, and tells whether it said anything else before.
	Track(now S) (changed bool)
	// SameTarget tells whether another model is of the same target: another target makes a new
	// resource.
	SameTarget(other *M) bool
	// Options are the arguments that every resource has in some form.
	Options() Options
}

// Options are the arguments that have nothing to do with the service. One that a resource lacks has
// its zero value.
type Options struct {
	OnDestroy      types.String
	MaxRevocations types.Int64
	Timeouts       timeouts.Value
}

// Order is what a resource asks of a service.
type Order[S any] struct {
	// Verb is create, update or delete; undo takes back what a failed create has granted.
	Verb string
	// Wanted is nil for a delete, and Prior, what the plan was made from, for a create.
	Wanted, Prior *S
	// Ends is the target of an old resource that goes before this one, as the plan of a create
	// knows it: of the one that is replaced, or one that a state which was refreshed holds.
	Ends string
	// Approve is asked before the first request of an apply, and again when what is to be taken
	// away has grown. An error of it ends the apply, and is returned as it is, wrapped or not.
	Approve func(Change) error
}

// Service is one kind of set on one service, with its client open.
type Service[S any] interface {
	// Place says where the set is granted, such as "gateway https://…": what differs when the
	// provider points elsewhere.
	Place(ctx context.Context) (string, error)
	// Identity is the resource identity, a struct with tfsdk tags.
	Identity(ctx context.Context, set S) (any, error)
	// Read returns what is granted of a set, as far as the resource answers for it. found is false
	// when the target is gone.
	Read(ctx context.Context, prior S) (now S, found bool, err error)
	// Import reads the set that an import names. A target that doesn't exist is an error.
	Import(ctx context.Context, named S) (S, error)
	// Diff says what an order changes. It sends nothing, and may use what this run has read
	// already. A target that doesn't exist is an error of a create.
	Diff(ctx context.Context, order Order[S]) (Change, error)
	// Apply makes the change.
	Apply(ctx context.Context, order Order[S]) (Outcome[S], error)
	// Explain turns an error into diagnostics that point at the attribute. verb is that of an
	// order, or read, plan or import.
	Explain(verb string, set S, err error) diag.Diagnostics
}

// Loss is access that somebody loses.
type Loss struct {
	// Count is the number of grants, Names says of whom and of what, a bullet for each line.
	Count int    `json:"count"`
	Names string `json:"names"`
}

// Change is the difference between what is granted and what is wanted.
type Change struct {
	// Target names the application, the role or the organization in a few words, for the summaries
	// of warnings: Terraform folds warnings of one summary.
	Target string
	// At is the attribute that the guards point at.
	At path.Path
	// Revoked is all that is taken away; it counts against max_revocations.
	Revoked Loss
	// Unlisted is what a create, or a target that joins the set, would take away, which no plan can
	// show as a `-`. Such a plan fails; ImportID is what imports all of it instead.
	Unlisted Loss
	ImportID string
	// Joins tells that Unlisted is of targets that join a set that exists.
	Joins bool
	// Warnings say what the attributes don't show.
	Warnings diag.Diagnostics
	// Writes and Reads are about how many requests the apply needs, at the quota of the client.
	Writes, Reads int
	Quota         rest.Quota
	// Faster is how it could read less.
	Faster Faster
}

// Faster is an argument of the provider block that makes an apply or a refresh read less.
type Faster struct {
	Argument string // with its value, such as `verification = "count"`; "" for none
	Reads    int    // how many requests read then
}

// Outcome is what an apply has done.
type Outcome[S any] struct {
	// Touched tells that something was sent that the service may have acted on: the state has to
	// follow, and says Now. When it is false after an error, the state before still holds. A delete
	// whose plan did not show all that is there is Touched though nothing was sent: some Terraforms
	// plan it from a state that was not refreshed, and would do so for ever.
	Touched bool
	Now     S
	// Gone tells that nothing of the set is left after a delete, though it failed.
	Gone bool
	// Undo is what a failed create has granted, where the service refused a part of it: it is
	// revoked again.
	Undo *S
	// Appeared is access that the plan did not show and that was therefore left alone, on Target:
	// what Change.Target would say.
	Appeared Loss
	Target   string
	// Warnings are reported whether or not the apply succeeds.
	Warnings diag.Diagnostics
}

// Definition is what tells one kind of resource from another.
type Definition[M, S any] struct {
	// Type is the type name without that of the provider, such as "_enos_app_data_authorization".
	// Sibling is the type that a `moved` block may turn into this one, "" for none.
	Type, Sibling string
	// ServiceName is how texts call the service, Noun what the resource grants ("authorization"),
	// Title what errors call all of it ("the application authorizations"), and ImportForm how an
	// import id is written.
	ServiceName, Noun, Title, ImportForm string
	// MutableIdentity tells that the identity may change in place.
	MutableIdentity bool
	// ReadTimeout and WriteTimeout are the defaults of the timeouts.
	ReadTimeout, WriteTimeout time.Duration
	// Known tells whether the configuration of the service is known, Connect opens its client, and
	// Tally is what the plan counts.
	Known   func(*service.Data) bool
	Connect func(context.Context, *service.Data) (Service[S], diag.Diagnostics)
	Tally   func(*service.Data) *service.Tally
	// Prepare fills in a plan what the schema can't, and reports what is wrong with it without
	// asking the service: values, and conflicts with other resources of the configuration. It may
	// be nil.
	Prepare func(context.Context, *Planning[M, S])
	// Leave reports what the end of a resource takes away from others of the configuration; Plan is
	// nil. It may be nil.
	Leave func(context.Context, *Planning[M, S])
	// Named is the model that an import names, by its id or its identity; what the configuration
	// decides has its default.
	Named func(context.Context, *service.Data, resource.ImportStateRequest) (M, diag.Diagnostics)
	// ImportID is what imports a set.
	ImportID func(S) string
	// Held is what destroying a set would revoke.
	Held func(S) Loss
	// Late are attributes that a plan leaves unknown, and that an apply knows. It may be nil.
	Late func(now S) map[string]tftypes.Value
	// Refresh is about what the refresh of a state has read in this run, as a Change that writes
	// nothing; its reads are none where a plan need not say so. It sends nothing, and may be nil.
	Refresh func(context.Context, *service.Data, *M) Change
	// Memory is what the private state keeps of a set beyond its attributes: a pointer into the
	// set, for encoding/json. It may be nil. A create begins without.
	Memory func(*S) any
	// Tainted is what the plan of a create keeps for the tainted instance that it may replace,
	// whose destroy gets no private state of its own: of Memory's type, or nil. It may be nil
	// itself.
	Tainted func(*service.Data) any
}

// Planning is a plan that Definition.Prepare completes. Changes of Plan count; each must be made to
// Response.Plan too.
type Planning[M, S any] struct {
	Data     *service.Data
	Request  resource.ModifyPlanRequest
	Response *resource.ModifyPlanResponse
	Plan     *M
	// State is nil in a create.
	State *M
	// Prior is the state in the service's terms, with what the private state remembers. It is not
	// called in a create.
	Prior func() S
	// Revokes tells that what Prior lists and Plan does not is revoked.
	Revokes bool
	// Recall reads what the private state remembers of the set into a value of Memory's type.
	Recall func(into any)
}

// Resource is the framework's resource. A concrete one embeds it and adds Schema and
// IdentitySchema.
type Resource[M any, PM Model[M, S], S any] struct {
	Definition[M, S]
	Data *service.Data
}

// New makes a resource.
func New[M any, PM Model[M, S], S any](definition Definition[M, S]) Resource[M, PM, S] {
	return Resource[M, PM, S]{Definition: definition}
}

// Metadata names the resource.
func (r *Resource[M, PM, S]) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + r.Type
	resp.ResourceBehavior.MutableIdentity = r.MutableIdentity
}

// Configure takes what the provider has prepared.
func (r *Resource[M, PM, S]) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := service.DataFrom(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.Data = data
}
