"""A headless Chromium of the test's own, driven over WebDriver by its driver: opens a page as a person would see it,
and tells every request that it makes."""

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request

PATIENCE = 60
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
         "--disable-dev-shm-usage")


class Browser:
    """Everything it keeps is below `folder`."""

    def __init__(self, folder):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, text=True, env=self._environment(folder))
        self.session, self.address = "", ""
        try:
            for line in self.driver.stdout:
                if "started successfully on port" in line:
                    self.address = "http://127.0.0.1:%s" % line.rstrip(".\n").rsplit(" ", 1)[1]
                    break
            options = {"args": [*FLAGS, "--user-data-dir=%s" % (folder / "profile")]}
            self.session = "/session/" + self.ask("/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options,
                "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}}})["sessionId"]
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def _environment(folder):
        return {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(folder),
                "PATH": "/usr/bin:/bin"}

    def ask(self, path, body=None, method="POST"):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from None

    def command(self, name, **parameters):
        """Of the developer tools."""
        return self.ask(self.session + "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def run(self, script, *arguments):
        """Runs it in the page; it hands its result to the last of its arguments."""
        return self.ask(self.session + "/execute/async", {"script": script, "args": list(arguments)})

    def look(self, url, width, scheme, media="screen"):
        """Opens the page as wide as that, in "light" or "dark"."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                     mobile=width < 600)
        self.command("Emulation.setEmulatedMedia", media=media,
                     features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask(self.session + "/url", {"url": url})

    def picture(self, height=None, top=0):
        """A PNG of the page, as far as it goes."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": size["width"], "height": height or min(size["height"], 12000), "scale": 1}
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def requests(self):
        """The addresses asked for since the last time, but those of the browser's own first page."""
        entries = self.ask(self.session + "/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [request["request"]["url"] for request in sent if not request["documentURL"].startswith("chrome://")]

    def complaints(self):
        """What the browser's console says since the last time."""
        return [entry["message"] for entry in self.ask(self.session + "/se/log", {"type": "browser"})]

    def stop(self):
        if self.session:
            self.ask(self.session, method="DELETE")
            self.session = ""
        self.driver.terminate()
        self.driver.wait(PATIENCE)
        self.driver.stdout.close()


def is_here():
    return bool(shutil.which("chromedriver") and shutil.which("chromium"))
