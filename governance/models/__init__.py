from governance.models.community import Community
from governance.models.invitation import Invitation
from governance.models.member import Member
from governance.models.role import Appointment, Role

__all__ = ["Appointment", "Community", "Invitation", "Member", "Role"]
