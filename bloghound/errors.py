"""Every error that Bloghound raises on purpose, in one tree.

    BloghoundError
    ├── InputError              400  something the user gave cannot be used
    │   ├── AddressError             an address that is no address
    │   │   └── RefusedAddressError      an address that may not be asked for
    │   ├── SeedsError               a seeds file that cannot be read (names the line)
    │   ├── BriefError               a brief that is empty or too large
    │   ├── CursorError              a cursor that this service did not hand out, or not for this request
    │   ├── ImportFileError          a list of sites or file of figures that cannot be read at all
    │   └── JudgementsError          queries or judgements that cannot be read
    ├── SettingsError           500  a setting that is unknown, wrong, or missing where it is needed
    ├── PortError               500  a port that another program holds, or that may not be opened
    ├── AuthenticationError     401  no key, or one that is not valid (any more)
    ├── ForbiddenError          403  a key whose scopes do not allow this, or a form that is not ours
    ├── NotFoundError           404  a site, blogger or other object that is not there
    ├── ConflictError           409  the object changed meanwhile, or its name is taken
    ├── GoneError               410  a generation that was replaced, and its cursors with it
    ├── PreconditionError       412  the object is not at the version that If-Match names
    ├── TooManyRequestsError    429  the limit of a key or an address is reached
    ├── StorageError            503  the database cannot be reached or used
    │   └── DatabaseUnusableError    whatever is asked of it: it is full, gone, locked or cannot be read
    │       └── DeadlockError        two transactions waited for each other, and this one was given up
    ├── ArchiveError            422  a WARC that cannot be read, or is cut
    ├── BackupError             422  a backup that cannot be used: damaged, foreign, or made by a newer version
    ├── ParseError              422  a document that cannot be parsed
    │   ├── ParseTimeoutError        parsing took too long and was stopped
    │   └── OversizedDocumentError   a document that is built to take more memory or time than any page is worth
    ├── CrawlError              500  the crawler cannot start or go on
    │   ├── UnsafeCrawlerError       the guard against internal addresses does not hold
    │   ├── BodyTooLargeError        a response that is longer than the limit once decompressed
    │   ├── UndecodableBodyError     a response that is not compressed as its headers say
    │   └── HostParkedError          a host that is to be left alone for longer than a visit waits
    ├── EncoderError            503  the embedding model cannot be loaded
    ├── IndexMissingError       503  there is no generation yet
    ├── IndexDamagedError       503  a generation fails its checksums
    ├── GraphError              500  a graph figure cannot be computed from the given links
    └── ExportError             500  an export cannot be written

A message is one sentence for the user that names the offending value. The command line prints it and exits with
code 2; the API renders it as RFC 9457 problem+json with ``http_status``.
"""


class BloghoundError(Exception):
    """The root: anything Bloghound reports as a sentence rather than a traceback."""

    http_status = 500
    title = "Bloghound cannot go on"


class InputError(BloghoundError):
    """Something the user gave cannot be used."""

    http_status = 400
    title = "The input cannot be used"


class AddressError(InputError):
    """An address that is no web address, or one that may not be asked for."""


class RefusedAddressError(AddressError):
    """An address that is not on the public web, or at a port that the crawler may not use."""


class SeedsError(InputError):
    """A seeds file that cannot be read; the message names the file and the line."""


class BriefError(InputError):
    """A brief that is empty or too large."""


class CursorError(InputError):
    """A cursor that this service did not hand out, or that belongs to another request."""


class ImportFileError(InputError):
    """A list of sites or file of figures that cannot be read at all; wrong rows are reported one by one instead."""


class JudgementsError(InputError):
    """Queries or relevance judgements that cannot be read."""


class SettingsError(BloghoundError):
    """A setting that is unknown, wrong, or missing where it is needed."""

    title = "A setting is wrong"


class PortError(BloghoundError):
    """A port that another program holds, or that may not be opened; the message names it."""

    title = "The port is not available"


class AuthenticationError(BloghoundError):
    """No key was given, or one that is not valid (any more); the message never repeats it."""

    http_status = 401
    title = "A valid key is needed"


class ForbiddenError(BloghoundError):
    """A key whose scopes do not allow this, or a form that was not made by our page."""

    http_status = 403
    title = "Not allowed"


class NotFoundError(BloghoundError):
    """A site, blogger or other object that is not there."""

    http_status = 404
    title = "Not found"


class ConflictError(BloghoundError):
    """The object changed meanwhile, or its name is taken."""

    http_status = 409
    title = "Conflict"


class GoneError(BloghoundError):
    """A generation that was replaced since; what was asked of it must be asked anew."""

    http_status = 410
    title = "Gone"


class PreconditionError(BloghoundError):
    """The object is not at the version that the request names."""

    http_status = 412
    title = "The object changed meanwhile"


class TooManyRequestsError(BloghoundError):
    """The limit of a key or an address is reached; it may ask again after ``retry_after_seconds``."""

    http_status = 429
    title = "Too many requests"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StorageError(BloghoundError):
    """The database cannot be reached or used."""

    http_status = 503
    title = "The database is not available"


class DatabaseUnusableError(StorageError):
    """The database refuses whatever is asked of it, not this row: it is full, gone, locked or cannot be read."""


class DeadlockError(DatabaseUnusableError):
    """Two transactions waited for each other and the database gave this one up: the same again will do."""


class ArchiveError(BloghoundError):
    """A web archive that cannot be read, or that is cut."""

    http_status = 422
    title = "The archive cannot be read"


class BackupError(BloghoundError):
    """A backup that cannot be used: damaged, foreign, or made by a newer version; the message names the file."""

    http_status = 422
    title = "The backup cannot be used"


class ParseError(BloghoundError):
    """A document that cannot be parsed: no text, too large, hostile, or one its parser fails on."""

    http_status = 422
    title = "The document cannot be parsed"


class ParseTimeoutError(ParseError):
    """Parsing a document took too long and was stopped."""


class OversizedDocumentError(ParseError):
    """A document that is, or would become when parsed, larger than any page is worth: long, nested or explosive."""


class CrawlError(BloghoundError):
    """The crawler cannot start, or cannot go on."""

    title = "The crawl failed"


class UnsafeCrawlerError(CrawlError):
    """The guard against internal addresses does not hold, so nothing is fetched."""


class BodyTooLargeError(CrawlError):
    """A response that is longer than the limit once decompressed."""


class UndecodableBodyError(CrawlError):
    """A response that is not compressed as its headers say."""


class HostParkedError(CrawlError):
    """A host that is to be left alone for ``seconds`` more, which is longer than a visit waits."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is left alone for {seconds:.0f} more seconds.")
        self.host = host
        self.seconds = seconds


class EncoderError(BloghoundError):
    """The embedding model cannot be loaded or used."""

    http_status = 503
    title = "The embedding model is not available"


class IndexMissingError(BloghoundError):
    """No generation has been built yet."""

    http_status = 503
    title = "There is no index yet"


class IndexDamagedError(BloghoundError):
    """A generation fails its checksums."""

    http_status = 503
    title = "The index is damaged"


class GraphError(BloghoundError):
    """A graph figure that cannot be computed: unusable links or weights, or ranks that do not settle."""

    title = "The graph cannot be measured"


class ExportError(BloghoundError):
    """An export cannot be written."""

    title = "The export failed"
