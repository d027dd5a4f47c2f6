from governance.models import Community


def community(request):
    return {"community": Community.objects.first()}
