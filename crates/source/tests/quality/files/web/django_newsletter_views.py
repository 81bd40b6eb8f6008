import csv
import json
import threading
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.mail import EmailMultiAlternatives, send_mail
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from .forms import SubscribeForm
from .models import Campaign, Subscriber


def send_confirmation(subscriber_id):
    subscriber = Subscriber.objects.get(pk=subscriber_id)
    link = settings.SITE_URL + "/newsletter/confirm/" + subscriber.token
    send_mail(
        "Please confirm your subscription",
        "Click here: " + link,
        settings.DEFAULT_FROM_EMAIL,
        [subscriber.email],
    )


def deliver(campaign, subscriber):
    context = {"campaign": campaign, "subscriber": subscriber}
    text = render_to_string("newsletter/mail.txt", context)
    html = render_to_string("newsletter/mail.html", context)
    mail = EmailMultiAlternatives(campaign.subject, text, settings.DEFAULT_FROM_EMAIL, [subscriber.email])
    mail.attach_alternative(html, "text/html")
    mail.send()
    return subscriber.email


def subscribe(request):
    if request.method == "POST":
        form = SubscribeForm(request.POST)
        if form.is_valid():
            subscriber = form.save()
            # do not let the visitor wait for the mail server
            threading.Thread(target=send_confirmation, args=(subscriber.pk,)).start()  # expect: RL402
            messages.success(request, "Thank you! Please look into your mailbox.")
            return redirect("newsletter:thanks")
    else:
        form = SubscribeForm()
    return render(request, "newsletter/subscribe.html", {"form": form})


def confirm(request, token):
    subscriber = get_object_or_404(Subscriber, token=token)
    subscriber.confirmed_at = timezone.now()
    subscriber.save(update_fields=["confirmed_at"])
    return render(request, "newsletter/confirmed.html", {"subscriber": subscriber})


@staff_member_required
@require_POST
def send_campaign(request, pk):
    campaign = get_object_or_404(Campaign, pk=pk)
    subscribers = list(Subscriber.objects.filter(confirmed_at__isnull=False))
    for subscriber in subscribers:  # loop: yes
        thread = threading.Thread(target=deliver, args=(campaign, subscriber))  # expect: RL105, RL402
        thread.start()
    campaign.sent_at = timezone.now()
    campaign.save()
    for hook in settings.NEWSLETTER_HOOKS:  # loop: unknown
        import_string(hook)(campaign)
    return JsonResponse({"queued": len(subscribers)})


@staff_member_required
@require_POST
def send_test(request, pk):
    campaign = get_object_or_404(Campaign, pk=pk)
    staff = list(Subscriber.objects.filter(is_staff=True))
    with ThreadPoolExecutor(max_workers=5) as pool:  # expect: RL302
        futures = [pool.submit(deliver, campaign, person) for person in staff]  # loop: yes
    addresses = [future.result() for future in futures]
    return JsonResponse({"sent_to": addresses})


@staff_member_required
def export_csv(request):
    response = HttpResponse(content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="subscribers.csv"'
    writer = csv.writer(response)
    writer.writerow(["email", "name", "confirmed"])
    for subscriber in Subscriber.objects.order_by("email"):  # loop: no writer
        writer.writerow([subscriber.email, subscriber.name, subscriber.confirmed_at])
    return response


@staff_member_required
def statistics(request):
    rows = []
    for campaign in Campaign.objects.order_by("-sent_at")[:20]:  # loop: yes
        opened = campaign.deliveries.filter(opened_at__isnull=False).count()
        total = campaign.deliveries.count()
        rate = 100 * opened / total if total else 0
        rows.append({"campaign": campaign, "opened": opened, "total": total, "rate": rate})
    return render(request, "newsletter/statistics.html", {"rows": rows})


@require_POST
def bounce_hook(request):
    events = json.loads(request.body)
    addresses = {event["address"].lower() for event in events if event["type"] == "bounce"}
    changed = Subscriber.objects.filter(email__in=addresses).update(bounced=True)
    return JsonResponse({"changed": changed})
