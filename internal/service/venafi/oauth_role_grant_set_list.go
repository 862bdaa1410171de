// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service"
)

var _ list.ListResourceWithConfigure = (*grantSetListResource)(nil)

// NewOAuthRoleGrantSetList finds additive sets: one for each role that anybody holds.
func NewOAuthRoleGrantSetList() list.ListResource {
	return &grantSetListResource{newGrantSet(additiveSet, "")}
}

// NewOAuthRoleGrantsExclusiveList finds exclusive sets: one for each role that anybody holds.
func NewOAuthRoleGrantsExclusiveList() list.ListResource {
	return &grantSetListResource{newGrantSet(ownedSet, "")}
}

// grantSetListResource finds who holds the roles, one set for each role and application. It shares
// the name, the configuration and the identity of the resource.
type grantSetListResource struct {
	*grantSetResource
}

func (r *grantSetListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	text := "Finds who holds which OAuth role on Venafi Trust Protection Platform: one set for each role, and for application roles each application, that " +
		"anybody holds, with all of its grantees, as far as the caller may see them. The IDs serve as labels. With `grantee` these are the sets that " +
		"hold it, with all the others in them. "
	if r.kind.exclusive {
		text += "An exclusive set that is imported as it was found revokes nobody at first; whom others grant the role from then on it revokes at the next apply."
	} else {
		text += "A set that is imported as it was found answers for all these grantees: who leaves its configuration loses the role. To answer for some of " +
			"them only, write a set that lists these, and don't import it: to grant what is granted already changes nothing."
	}
	resp.Schema = roleListSchema(text)
}

func (r *grantSetListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	listRoles(ctx, r.Data, req, stream, func(out *service.Push, filter roleFilter, grants []api.Grant) {
		for _, set := range setsOf(filter, grants) {
			result := service.NewListResult(ctx, req)
			result.DisplayName = holdingName(set[0])
			identity := grantSetIdentity{Role: types.StringValue(set[0].Role.String()), ApplicationID: service.Text(set[0].ApplicationID)}
			result.Diagnostics.Append(result.Identity.Set(ctx, identity)...)
			if req.IncludeResource {
				model := newGrantSetModel(identity)
				model.Track(grantset.Track(set, true, grantset.Set{Role: set[0].Role, ApplicationID: set[0].ApplicationID}))
				result.Diagnostics.Append(result.Resource.Set(ctx, &model)...)
			}
			if !out.Result(result) {
				return
			}
		}
	})
}

// setsOf sorts grants into sets of one role on one application, and keeps the sets in which
// something matches. The grants come in the order of role and application.
func setsOf(filter roleFilter, grants []api.Grant) [][]api.Grant {
	var sets [][]api.Grant
	for begin := 0; begin < len(grants); {
		end, wanted := begin, false
		for ; end < len(grants) && grants[end].Role == grants[begin].Role && grants[end].ApplicationID == grants[begin].ApplicationID; end++ {
			wanted = wanted || filter.matches(grants[end])
		}
		if wanted {
			sets = append(sets, grants[begin:end:end])
		}
		begin = end
	}
	return sets
}
