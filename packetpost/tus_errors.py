"""How uploads in pieces refuse: `errors` of tus."""

from packetpost.errors import Problem


class WrongOffset(Problem):
    status = 409
    code = "wrong-offset"
    message = "The upload does not continue where the stored bytes end. Ask for the offset again."


class FinalUpload(Problem):
    """tus concatenation: "403 … against a final upload URL"."""

    status = 403
    code = "final-upload"
    message = "This upload was joined from its parts and is whole. Nothing can be added to it."


class PartTaken(Problem):
    status = 409
    code = "part-taken"
    message = "One of these parts is being joined already. A part belongs to one file."


class TusVersion(Problem):
    status = 412
    code = "tus-version"
    message = "This server speaks tus 1.0.0 only."


class WrongType(Problem):
    status = 415
    code = "wrong-type"
    message = "Upload bytes must be sent as application/offset+octet-stream."


class ChecksumMismatch(Problem):
    """tus checksum extension, status 460."""

    status = 460
    code = "checksum"
    message = "The bytes that arrived do not match their checksum and were not stored. Send them again."
